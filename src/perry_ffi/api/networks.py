"""Networks: one function for each row of perry/container that names one."""

from __future__ import annotations

from perry_ffi.api.arguments import need
from perry_ffi.model.base import decode
from perry_ffi.model.network import NetworkInfo, NetworkSpec
from perry_ffi.service import networks
from perry_ffi.service.client import Client


async def create(client: Client, name: str | None, options: bytes | None) -> NetworkInfo:
    return await networks.create(client, need(name, "name"), decode(NetworkSpec, options))


async def remove(client: Client, name: str | None) -> None:
    await networks.remove(client, need(name, "name"))


async def inspect(client: Client, name: str | None) -> NetworkInfo:
    return await networks.inspect(client, need(name, "name"))


async def list_(client: Client) -> list[NetworkInfo]:
    return await networks.list_(client)
