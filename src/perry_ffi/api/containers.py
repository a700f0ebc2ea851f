"""Single containers: one function for each row of perry/container that names one."""

from __future__ import annotations

from perry_ffi.api.arguments import command_of, need, required
from perry_ffi.model.base import decode
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
from perry_ffi.service import containers
from perry_ffi.service.client import Client


async def run(client: Client, spec: bytes | None) -> ContainerHandle:
    return await containers.run(client, required(ContainerSpec, spec, "ContainerSpec"))


async def create(client: Client, spec: bytes | None) -> ContainerHandle:
    return await containers.create(client, required(ContainerSpec, spec, "ContainerSpec"))


async def start(client: Client, ident: str | None) -> None:
    await containers.start(client, need(ident, "id"))


async def stop(client: Client, ident: str | None, options: bytes | None) -> None:
    await containers.stop(client, need(ident, "id"), decode(StopOptions, options))


async def remove(client: Client, ident: str | None, force: int) -> None:
    await containers.remove(client, need(ident, "id"), force=bool(force))


async def remove_if_exists(client: Client, ident: str | None, force: int) -> bool:
    return await containers.remove_if_exists(client, need(ident, "id"), force=bool(force))


async def list_(client: Client, all_of_them: int) -> list[ContainerInfo]:
    return await containers.list_(client, all=bool(all_of_them))


async def inspect(client: Client, ident: str | None) -> ContainerInfo:
    return await containers.inspect(client, need(ident, "id"))


async def wait(client: Client, ident: str | None, options: bytes | None) -> WaitResult:
    return await containers.wait(client, need(ident, "id"), decode(WaitOptions, options))


async def logs(client: Client, ident: str | None, options: bytes | None) -> ContainerLogs:
    return await containers.logs(client, need(ident, "id"), decode(LogOptions, options))


async def follow_logs(client: Client, ident: str | None, options: bytes | None) -> int:
    stream = await containers.follow_logs(client, need(ident, "id"), decode(LogOptions, options))
    return client.handles.number(stream)


async def exec_(client: Client, ident: str | None, command: bytes | None, options: bytes | None) -> ExecResult:
    return await containers.exec_(client, need(ident, "id"), command_of(command), decode(ExecOptions, options))


async def stats(client: Client, ident: str | None) -> ContainerStats:
    return await containers.stats(client, need(ident, "id"))
