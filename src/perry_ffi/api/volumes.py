"""Volumes."""

from __future__ import annotations

from perry_ffi.api.arguments import need
from perry_ffi.api.session import Session
from perry_ffi.model.base import decode
from perry_ffi.model.volume import VolumeInfo, VolumeSpec


async def create(session: Session, name: str | None, options: bytes | None) -> VolumeInfo:
    name = need(name, "name")
    wanted = decode(VolumeSpec, options)
    return await (await session.backend()).create_volume(name, wanted)


async def remove(session: Session, name: str | None, force: int) -> None:
    name = need(name, "name")
    await (await session.backend()).remove_volume(name, force=bool(force))


async def inspect(session: Session, name: str | None) -> VolumeInfo:
    name = need(name, "name")
    return await (await session.backend()).inspect_volume(name)


async def list_(session: Session) -> list[VolumeInfo]:
    return await (await session.backend()).list_volumes()
