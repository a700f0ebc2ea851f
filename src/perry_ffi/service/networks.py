"""Networks of the engine in force."""

from __future__ import annotations

from perry_ffi.model.network import NetworkInfo, NetworkSpec
from perry_ffi.service.client import Client


async def create(client: Client, name: str, spec: NetworkSpec) -> NetworkInfo:
    """Creates one. Raises Conflict for a name that is taken."""
    return await (await client.backend()).create_network(name, spec)


async def remove(client: Client, name: str) -> None:
    """Removes one, by its name or id."""
    await (await client.backend()).remove_network(name)


async def inspect(client: Client, name: str) -> NetworkInfo:
    """Describes one, by its name or id."""
    return await (await client.backend()).inspect_network(name)


async def list_(client: Client) -> list[NetworkInfo]:
    """What the engine has."""
    return await (await client.backend()).list_networks()
