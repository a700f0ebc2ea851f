"""Volumes: one function for each row of perry/container that names one."""

from __future__ import annotations

from perry_ffi.api.arguments import need
from perry_ffi.model.base import decode
from perry_ffi.model.volume import VolumeInfo, VolumeSpec
from perry_ffi.service import volumes
from perry_ffi.service.client import Client


async def create(client: Client, name: str | None, options: bytes | None) -> VolumeInfo:
    return await volumes.create(client, need(name, "name"), decode(VolumeSpec, options))


async def remove(client: Client, name: str | None, force: int) -> None:
    await volumes.remove(client, need(name, "name"), force=bool(force))


async def inspect(client: Client, name: str | None) -> VolumeInfo:
    return await volumes.inspect(client, need(name, "name"))


async def list_(client: Client) -> list[VolumeInfo]:
    return await volumes.list_(client)
