"""Single containers: one coroutine for each row of perry/container that names one."""

from __future__ import annotations

from perry_ffi.api.arguments import need, required, strings
from perry_ffi.api.session import Session
from perry_ffi.errors import NotFound, ValidationError
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


async def run(session: Session, spec: bytes | None) -> ContainerHandle:
    """Creates and starts; if the start fails or is cancelled, what was created is removed again."""
    wanted = required(ContainerSpec, spec, "ContainerSpec")
    return await (await session.backend()).run_container(wanted)


async def create(session: Session, spec: bytes | None) -> ContainerHandle:
    wanted = required(ContainerSpec, spec, "ContainerSpec")
    return await (await session.backend()).create_container(wanted)


async def start(session: Session, ident: str | None) -> None:
    ident = need(ident, "id")
    await (await session.backend()).start_container(ident)


async def stop(session: Session, ident: str | None, options: bytes | None) -> None:
    ident = need(ident, "id")
    wanted = decode(StopOptions, options)
    await (await session.backend()).stop_container(ident, wanted.timeout)


async def remove(session: Session, ident: str | None, force: int) -> None:
    ident = need(ident, "id")
    await (await session.backend()).remove_container(ident, force=bool(force))


async def remove_if_exists(session: Session, ident: str | None, force: int) -> bool:
    """True if it was there; only the engine's own "not found" counts as absence."""
    ident = need(ident, "id")
    try:
        await (await session.backend()).remove_container(ident, force=bool(force))
    except NotFound:
        return False
    return True


async def list_(session: Session, all_of_them: int) -> list[ContainerInfo]:
    return await (await session.backend()).list_containers(all=bool(all_of_them))


async def inspect(session: Session, ident: str | None) -> ContainerInfo:
    ident = need(ident, "id")
    return await (await session.backend()).inspect_container(ident)


async def wait(session: Session, ident: str | None, options: bytes | None) -> WaitResult:
    ident = need(ident, "id")
    wanted = decode(WaitOptions, options)
    code = await (await session.backend()).wait_container(ident, wanted.timeout)
    return WaitResult(exit_code=code)


async def logs(session: Session, ident: str | None, options: bytes | None) -> ContainerLogs:
    ident = need(ident, "id")
    wanted = decode(LogOptions, options)
    return await (await session.backend()).container_logs(ident, wanted)


async def follow_logs(session: Session, ident: str | None, options: bytes | None) -> int:
    from perry_ffi.api.streams import open_stream

    ident = need(ident, "id")
    wanted = decode(LogOptions, options)
    return open_stream(session, await (await session.backend()).follow_logs(ident, wanted))


async def exec_(session: Session, ident: str | None, command: bytes | None, options: bytes | None) -> ExecResult:
    ident = need(ident, "id")
    words = strings(command, "command")
    if not words:
        raise ValidationError("command: it is empty", path="command", expected="a command and its arguments")
    wanted = decode(ExecOptions, options)
    return await (await session.backend()).exec_container(ident, words, wanted)


async def stats(session: Session, ident: str | None) -> ContainerStats:
    ident = need(ident, "id")
    return await (await session.backend()).container_stats(ident)
