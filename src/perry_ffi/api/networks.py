"""Networks."""

from __future__ import annotations

from perry_ffi.api.arguments import need
from perry_ffi.api.session import Session
from perry_ffi.model.base import decode
from perry_ffi.model.network import NetworkInfo, NetworkSpec


async def create(session: Session, name: str | None, options: bytes | None) -> NetworkInfo:
    name = need(name, "name")
    wanted = decode(NetworkSpec, options)
    return await (await session.backend()).create_network(name, wanted)


async def remove(session: Session, name: str | None) -> None:
    name = need(name, "name")
    await (await session.backend()).remove_network(name)


async def inspect(session: Session, name: str | None) -> NetworkInfo:
    name = need(name, "name")
    return await (await session.backend()).inspect_network(name)


async def list_(session: Session) -> list[NetworkInfo]:
    return await (await session.backend()).list_networks()
