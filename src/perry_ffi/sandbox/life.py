"""The life of a run: created, looked at, filled, listened to, started, bounded, ended, looked at, removed, whatever happens."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import anyio

from perry_ffi.backends.contract.sandbox_records import SandboxSeen, is_enough
from perry_ffi.cancellation import all_or_nothing, finish, one_error
from perry_ffi.errors import (
    BackendError,
    BackendNotAvailable,
    Conflict,
    ContainerError,
    NotFound,
    ServiceStartupFailed,
    Timeout,
    VerificationFailed,
)
from perry_ffi.sandbox.output import Output

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.events import ExitWatch
    from perry_ffi.backends.contract.sandboxes import SandboxSession
    from perry_ffi.model.container_info import ContainerHandle
    from perry_ffi.sandbox.plan import Plan

T = TypeVar("T")

KILL_SECONDS = 30.0
"""How long an engine may take to end what was killed."""
WATCH_SECONDS = 0.3
"""How long after the end of the output the watch for the end is believed to be about to tell it."""
REST_SECONDS = 10.0
"""How long output may take that was said before the end."""
_PIECE = 64 * 1024


@dataclass
class Ended:
    """A run that has ended. stopped: it was ended from here."""

    output: Output
    seen: SandboxSeen
    milliseconds: int
    code: int
    timed_out: bool = False
    stopped: bool = False
    warnings: list[str] = field(default_factory=list)


async def live(backend: Backend, plan: Plan) -> Ended:
    """Runs ``plan``. Nothing of it is left, also where it fails or is cancelled at any call."""
    handle = await _create(backend, plan)
    left: list[str] = []
    try:
        _check(backend, plan, await backend.see_sandbox(handle.id))
        for folder, tar in plan.archives.items():
            await backend.put_archive(handle.id, folder, tar)
        ended = await _run(backend, plan, handle.id)
    finally:
        await finish(_remove(backend, handle.id, left))
    ended.warnings += [*handle.warnings, *left]
    return ended


# -- before the start -----------------------------------------------------------------------------


async def _create(backend: Backend, plan: Plan) -> ContainerHandle:
    try:
        return await all_or_nothing(backend.create_sandbox(plan.sandbox), lambda made: _remove(backend, made.id, []))
    except (BackendError, Timeout):
        # The answer may be lost of a call that was carried out. The name is nobody else's.
        await finish(_remove(backend, plan.sandbox.name, []))
        raise


def _check(backend: Backend, plan: Plan, seen: SandboxSeen) -> None:
    """What was made is what was verified, as isolated as was asked for."""
    if seen.image_id != plan.image_id:
        raise VerificationFailed(
            f"{plan.sandbox.image}: the engine made a container of another image than the one that was verified",
            reason="registryLied", image=plan.sandbox.image, digest=plan.digest, backend=backend.name,
        )  # fmt: skip
    wanted, found = plan.runtime, f"{seen.runtime} ({seen.level})"
    if not is_enough(seen.level, wanted.level) or seen.runtime != wanted.name:
        raise BackendNotAvailable(
            f"CapabilitySpec.isolation: {wanted.name} ({wanted.level}) was asked for, and {backend.name} made it with {found}",
            backend=backend.name, wanted=wanted.level, rows=[{"runtime": seen.runtime, "class": seen.level, "reason": ""}],
        )  # fmt: skip
    if plan.maps_users and not seen.userns:
        raise BackendNotAvailable(
            f"CapabilitySpec.user: {backend.name} did not map the users of the sandbox to others", backend=backend.name,
            wanted="userns", rows=[],
        )  # fmt: skip
    expected = {*plan.sandbox.covers, *plan.sandbox.inputs}
    if open_ones := [place for place in seen.writable if place not in expected]:
        raise BackendError(
            f"{plan.sandbox.image}: {backend.name} left a directory of the host's disk writable: {open_ones[0]}",
            backend=backend.name, reason="a volume of the image is not covered",
        )  # fmt: skip


# -- from start to end ----------------------------------------------------------------------------


async def _run(backend: Backend, plan: Plan, ident: str) -> Ended:
    async with _startup(backend):
        session = await backend.attach_sandbox(ident, stdin=plan.stdin is not None)
    try:
        watch = await backend.wait_exit(ident)
        try:
            return await _bounded(backend, plan, ident, session, watch)
        finally:
            await watch.aclose()
    finally:
        await session.aclose()


async def _bounded(backend: Backend, plan: Plan, ident: str, session: SandboxSession, watch: ExitWatch) -> Ended:
    """Started, and ended at the latest when its time is up or a stream has said too much."""
    output = Output(plan.max_output)
    reading, end = _Reading(output), _End()
    with one_error():
        async with anyio.create_task_group() as group:
            group.start_soon(reading.run, session)
            async with _startup(backend):
                await backend.start_container(ident)
            began = time.monotonic()
            group.start_soon(end.run, backend, ident, watch, reading)
            if plan.stdin is not None:
                group.start_soon(_feed, session, plan.stdin)
            with anyio.move_on_after(plan.timeout):
                await _first(end.known.wait, output.cut.wait)
            timed_out = end.code is None and not output.cut.is_set()
            stopped = end.code is None and await _kill(backend, ident)
            code = await _ended(end, ident, backend)
            milliseconds = int(1000 * (time.monotonic() - began))
            with anyio.move_on_after(REST_SECONDS):
                await reading.ended.wait()
            group.cancel_scope.cancel()
    if reading.error is not None:
        raise reading.error
    warnings = [] if reading.ended.is_set() else ["the engine did not end the output: what came last may be missing"]
    seen = await backend.see_sandbox(ident)
    return Ended(output, seen, milliseconds, code, timed_out and stopped, stopped, warnings)


class _Reading:
    """The output, read to its end. error: what broke it, which is told once the run has ended; until then it bounds that."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.ended = anyio.Event()
        self.error: ContainerError | None = None

    async def run(self, session: SandboxSession) -> None:
        try:
            await self._output.drain(session)
        except ContainerError as error:
            self.error = error
        self.ended.set()


class _End:
    """How the run ended. code: None as long as nobody knows."""

    def __init__(self) -> None:
        self.known = anyio.Event()
        self.code: int | None = None

    async def run(self, backend: Backend, ident: str, watch: ExitWatch, reading: _Reading) -> None:
        self.code = await _code(backend, ident, watch, reading)
        self.known.set()


async def _first(*waits: Callable[[], Awaitable[T]]) -> T:
    """What the first of them gives; the others are given up. Raises what one raises before that."""
    found: list[T] = []

    async def run(wait: Callable[[], Awaitable[T]]) -> None:
        found.append(await wait())
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for wait in waits:
            group.start_soon(run, wait)
    return found[0]


@asynccontextmanager
async def _startup(backend: Backend) -> AsyncIterator[None]:
    """Around what looks for the command: an engine may do so as early as it is attached to."""
    try:
        yield
    except (BackendNotAvailable, NotFound, Timeout):
        raise
    except ContainerError as error:
        remedy = "look at the command and the image"
        if "seccomp" in error.message:
            remedy = 'its runtime may not know the profile: ask for seccomp: "default"'
        raise ServiceStartupFailed(
            f"the command cannot be run: {error.message}", reason=error.message, backend=backend.name, remedy=remedy
        ) from error


async def _code(backend: Backend, ident: str, watch: ExitWatch, reading: _Reading) -> int:
    """The exit code, as soon as anybody knows: the watch; or, where output has ended and that says nothing, the engine."""

    async def asked() -> int:
        await reading.ended.wait()
        await anyio.sleep(WATCH_SECONDS)
        return await backend.wait_container(ident)

    return await _first(watch.exit_code, asked)


async def _feed(session: SandboxSession, data: bytes) -> None:
    """A program may end without reading all of it, or never read at all."""
    with suppress(ContainerError):
        for at in range(0, len(data), _PIECE):
            if not await session.send(data[at : at + _PIECE]):
                return
        await session.end_input()


async def _kill(backend: Backend, ident: str) -> bool:
    """Whether it ran until now."""
    try:
        await backend.kill_sandbox(ident)
    except (Conflict, NotFound):
        return False
    return True


async def _ended(end: _End, ident: str, backend: Backend) -> int:
    with anyio.move_on_after(KILL_SECONDS):
        await end.known.wait()
    if end.code is None:
        raise Timeout(
            f"the sandbox {ident[:12]} was killed and has not ended", backend=backend.name,
            waitedFor="its end", seconds=KILL_SECONDS,
        )  # fmt: skip
    return end.code


async def _remove(backend: Backend, ident: str, left: list[str]) -> None:
    """Takes it away with its volumes; what cannot be is said, and the next sweep takes it."""
    try:
        await backend.remove_container(ident, force=True)
    except NotFound:
        return
    except ContainerError as error:
        left.append(f"it could not be removed: {error.message}")


__all__ = ["Ended", "live"]
