"""Volumes of the engine in force."""

from __future__ import annotations

from perry_ffi.model.volume import VolumeInfo, VolumeSpec
from perry_ffi.service.client import Client


async def create(client: Client, name: str, spec: VolumeSpec) -> VolumeInfo:
    """Creates one. Raises Conflict for a name that is taken."""
    return await (await client.backend()).create_volume(name, spec)


async def remove(client: Client, name: str, *, force: bool = False) -> None:
    """Removes one and what is in it. force: as the engine understands it."""
    await (await client.backend()).remove_volume(name, force=force)


async def inspect(client: Client, name: str) -> VolumeInfo:
    """Describes one."""
    return await (await client.backend()).inspect_volume(name)


async def list_(client: Client) -> list[VolumeInfo]:
    """What the engine has."""
    return await (await client.backend()).list_volumes()
