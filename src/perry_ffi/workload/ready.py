"""When a service is ready: its health check, a line of its output, or that it stays up; and how one ends that was."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from perry_ffi.errors import BackendError, NotFound, ServiceStartupFailed, Timeout
from perry_ffi.model.container import LogOptions
from perry_ffi.runtime.health import has_healthcheck
from perry_ffi.runtime.readiness import DEFAULT_SECONDS, Readiness, last_lines
from perry_ffi.workload.naming import NODES

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.container_info import ContainerInfo, LogChunk
    from perry_ffi.runtime.watch import Watch
    from perry_ffi.workload.graph import Node

_LINE = 64 * 1024
"""Characters of a line that are looked at."""


async def until_ready(backend: Backend, readiness: Readiness, node: Node, name: str) -> None:
    """Waits until the container ``name`` is what a service has to be. Raises ServiceStartupFailed with the evidence, Timeout."""
    ready = node.ready
    seconds = ready.timeout if ready is not None and ready.timeout is not None else DEFAULT_SECONDS
    began = anyio.current_time()
    if ready is None or ready.log is None:
        await readiness.until(node.name, name, "ready", seconds)
        return
    if has_healthcheck(await backend.inspect_container(name)):
        await readiness.until(node.name, name, "ready", seconds)
    with anyio.move_on_after(seconds - (anyio.current_time() - began)) as scope:
        await _until_said(backend, readiness, node, name, ready.log)
    if scope.cancelled_caught:
        raise Timeout(
            f"{NODES.path(node.name)}: {name} did not say {ready.log!r} within {seconds:g} s", waitedFor=f"{node.name} ready",
            seconds=seconds, node=node.name, container=name, condition="ready", logs=await _last_lines(backend, name),
        )  # fmt: skip


async def _until_said(backend: Backend, readiness: Readiness, node: Node, name: str, wanted: str) -> None:
    while not await _says(backend, name, wanted):
        # It ended, or the engine starts it again. One that failed is told with all the evidence.
        await readiness.until(node.name, name, "started", None)
        info = await backend.inspect_container(name)
        if info.status in ("exited", "dead"):
            raise ServiceStartupFailed(
                f"{NODES.path(node.name)}: {name}: it ended with exit code {info.exit_code} before it said {wanted!r}",
                node=node.name, container=name, condition="ready", exitCode=info.exit_code,
                reason=f"it ended before it said {wanted!r}", logs=await _last_lines(backend, name),
            )  # fmt: skip


async def _says(backend: Backend, name: str, wanted: str) -> bool:
    """Whether a line of its output has the text, before its run ends."""
    lines = Lines(wanted)
    stream = await backend.follow_logs(name, LogOptions())
    try:
        with suppress(BackendError):
            while (batch := await stream.next()) is not None:
                if any(lines.add(chunk) for chunk in batch):
                    return True
    finally:
        with anyio.CancelScope(shield=True):
            await stream.aclose()
    return False


class Lines:
    """Looks for a text in the lines of both streams; a line may come in parts."""

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted
        self._begun: dict[str, str] = {}

    def add(self, chunk: LogChunk) -> bool:
        """Whether the text has been seen."""
        begun = "" if chunk.fresh else self._begun.get(chunk.stream, "")
        lines = (begun + chunk.text).split("\n")
        self._begun[chunk.stream] = lines[-1][-_LINE:]
        return any(self._wanted in line for line in lines)


async def _last_lines(backend: Backend, name: str) -> list[str] | None:
    with suppress(BackendError, NotFound, Timeout):
        return await last_lines(backend, name)
    return None


async def until_ended(backend: Backend, watch: Watch, node: Node, ident: str) -> ContainerInfo:
    """Waits, by events, until a container has ended and the engine does not start it again. Raises ServiceStartupFailed where it
    was removed.
    """
    while True:
        mark = watch.mark(ident)
        try:
            info = await backend.inspect_container(ident)
        except NotFound:
            raise ServiceStartupFailed(
                f"{NODES.path(node.name)}: its container was removed", node=node.name, reason="removed"
            ) from None
        if info.status in ("exited", "dead") and not _comes_again(info, stopped=watch.stopped(ident)):
            return info
        await mark.wait()


def _comes_again(info: ContainerInfo, *, stopped: bool) -> bool:
    """Whether its restart policy has the engine start it again."""
    name, tries = info.restart
    if stopped or name == "no":
        return False
    return name != "on-failure" or (info.exit_code != 0 and (not tries or (info.restart_count or 0) < tries))
