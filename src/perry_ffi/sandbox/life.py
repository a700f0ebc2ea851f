"""The life of a run: created, looked at, filled, listened to, started, bounded, ended, looked at, removed, whatever happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.sandbox_records import LEVELS, SandboxSeen
from perry_ffi.cancellation import all_or_nothing, finish
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
    if LEVELS.index(seen.level) < LEVELS.index(wanted.level) or seen.runtime != wanted.name:
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
    began = time.monotonic()
    reading = asyncio.ensure_future(output.drain(session))
    tasks: list[asyncio.Future[Any]] = [reading]
    try:
        async with _startup(backend):
            await backend.start_container(ident)
        began = time.monotonic()
        end = asyncio.ensure_future(_code(backend, ident, watch, reading))
        full = asyncio.ensure_future(output.cut.wait())
        tasks += [end, full]
        if plan.stdin is not None:
            tasks.append(asyncio.ensure_future(_feed(session, plan.stdin)))
        await asyncio.wait({end, full}, timeout=plan.timeout, return_when=asyncio.FIRST_COMPLETED)
        timed_out = not end.done() and not full.done()
        stopped = not end.done() and await _kill(backend, ident)
        code = await _ended(end, ident, backend)
        milliseconds = int(1000 * (time.monotonic() - began))
        rest, _ = await asyncio.wait({reading}, timeout=REST_SECONDS)
        warnings = [] if rest else ["the engine did not end the output: what came last may be missing"]
        if rest and (error := reading.exception()) is not None:
            raise error
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    seen = await backend.see_sandbox(ident)
    return Ended(output, seen, milliseconds, code, timed_out and stopped, stopped, warnings)


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


async def _code(backend: Backend, ident: str, watch: ExitWatch, reading: asyncio.Future[None]) -> int:
    """The exit code, as soon as anybody knows: the watch; or, where output has ended and that says nothing, the engine."""
    told = asyncio.ensure_future(watch.exit_code())
    try:
        either: set[asyncio.Future[Any]] = {told, reading}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({told}, timeout=WATCH_SECONDS)
        if told.done():
            return told.result()
        asked = asyncio.ensure_future(backend.wait_container(ident))
        try:
            done, _ = await asyncio.wait({told, asked}, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)
    finally:
        told.cancel()
        await asyncio.gather(told, return_exceptions=True)


async def _feed(session: SandboxSession, data: bytes) -> None:
    """A program may end without reading all of it, or never read at all."""
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


async def _ended(end: asyncio.Future[int], ident: str, backend: Backend) -> int:
    done, _ = await asyncio.wait({end}, timeout=KILL_SECONDS)
    if not done:
        raise Timeout(
            f"the sandbox {ident[:12]} was killed and has not ended", backend=backend.name,
            waitedFor="its end", seconds=KILL_SECONDS,
        )  # fmt: skip
    return end.result()


async def _remove(backend: Backend, ident: str, left: list[str]) -> None:
    """Takes it away with its volumes; what cannot be is said, and the next sweep takes it."""
    try:
        await backend.remove_container(ident, force=True)
    except NotFound:
        return
    except ContainerError as error:
        left.append(f"it could not be removed: {error.message}")


__all__ = ["Ended", "live"]
