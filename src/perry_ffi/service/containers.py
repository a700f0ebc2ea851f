"""Single containers on the engine in force. Ids are names, ids, or unique prefixes of ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from perry_ffi.errors import NotFound
from perry_ffi.model.container import (
    ContainerHandle,
    ContainerInfo,
    ContainerLogs,
    ContainerSpec,
    ContainerStats,
    ExecOptions,
    ExecResult,
    LogOptions,
    StopOptions,
    WaitOptions,
    WaitResult,
)
from perry_ffi.service.client import Client
from perry_ffi.service.trust import admitted_spec

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.container import LogChunk
    from perry_ffi.service.streams import OpenStream


async def run(client: Client, spec: ContainerSpec) -> ContainerHandle:
    """Creates and starts; if the start fails or is cancelled, what was created is removed again. Its image is verified first."""
    return await (await _backend_for(client, spec)).run_container(await admitted_spec(client, spec))


async def create(client: Client, spec: ContainerSpec) -> ContainerHandle:
    """Creates without starting. Its image is verified first."""
    return await (await _backend_for(client, spec)).create_container(await admitted_spec(client, spec))


async def _backend_for(client: Client, spec: ContainerSpec) -> Backend:
    """The engine in force; what of this machine its own may not have is told."""
    from perry_ffi.runtime.unshared import tell_unshared

    backend = await client.backend()
    tell_unshared(client.event_bus, backend, spec.volumes, "ContainerSpec.volumes")
    return backend


async def start(client: Client, ident: str) -> None:
    """Starts; one that runs is left alone."""
    await (await client.backend()).start_container(ident)


async def stop(client: Client, ident: str, options: StopOptions) -> None:
    """Stops; one that does not run is left alone."""
    await (await client.backend()).stop_container(ident, options.timeout)


async def remove(client: Client, ident: str, *, force: bool = False) -> None:
    """Removes it and its anonymous volumes. Raises NotFound where there is none."""
    await (await client.backend()).remove_container(ident, force=force)


async def remove_if_exists(client: Client, ident: str, *, force: bool = False) -> bool:
    """True if it was there; only the engine's own "not found" counts as absence."""
    try:
        await (await client.backend()).remove_container(ident, force=force)
    except NotFound:
        return False
    return True


async def list_(client: Client, *, all: bool = False) -> list[ContainerInfo]:
    """Those that run. all: also the others."""
    return await (await client.backend()).list_containers(all=all)


async def inspect(client: Client, ident: str) -> ContainerInfo:
    """Describes one."""
    return await (await client.backend()).inspect_container(ident)


async def wait(client: Client, ident: str, options: WaitOptions) -> WaitResult:
    """Waits until it does not run any more, and gives its exit code."""
    return WaitResult(exit_code=await (await client.backend()).wait_container(ident, options.timeout))


async def logs(client: Client, ident: str, options: LogOptions) -> ContainerLogs:
    """Its log so far."""
    return await (await client.backend()).container_logs(ident, options)


async def follow_logs(client: Client, ident: str, options: LogOptions) -> OpenStream[LogChunk]:
    """Its log as it grows; the stream ends when the container does."""
    from perry_ffi.service.streams import open_stream

    return open_stream(client, await (await client.backend()).follow_logs(ident, options))


async def exec_(client: Client, ident: str, command: Sequence[str], options: ExecOptions) -> ExecResult:
    """Runs a command in it; an exit code other than 0 is a result."""
    return await (await client.backend()).exec_container(ident, command, options)


async def stats(client: Client, ident: str) -> ContainerStats:
    """One sample of what it uses."""
    return await (await client.backend()).container_stats(ident)
