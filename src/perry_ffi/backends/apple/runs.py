"""Runs of containers that this process started, and their exit codes, which the engine tells to whoever started them, and once.

A run is started attached, by a program that lives as long as the run does and ends with its code. Its output goes nowhere: the
engine writes what is said into the container's log as well, and would stop doing so were it read by somebody who goes away. The
program is left alone when this process ends, for the same reason; the code is then known to nobody.

One run is told from another by the second in which it began, for that is all that the engine tells of it.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import anyio

from perry_ffi.errors import BackendError, Conflict, NotFound
from perry_ffi.model.container_info import LIVE, ContainerInfo
from perry_ffi.process.program import Program

if TYPE_CHECKING:
    from perry_ffi.backends.command_line.invocation import CommandLine

LOOKS = (0.02, 0.25)
"""Seconds between two looks at a container that starts: at first, and at most."""
Look = Callable[[str], Awaitable[ContainerInfo]]


class Run:
    """One run. code: once it has ended; None where that is lost."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.code: int | None = None
        self.started: str | None = None
        self.over = asyncio.Event()
        self._task = asyncio.ensure_future(self._wait())

    async def _wait(self) -> None:
        try:
            code = await self._program.wait()
            self.code = code if code >= 0 else 128 - code
        except BackendError:
            self.code = None
        self.over.set()

    @property
    def ended(self) -> bool:
        return self.over.is_set()

    def forget(self) -> None:
        """Waits no more; the program goes on."""
        self._task.cancel()
        self._program.close()


class Runs:
    """The runs that were begun here, by the container's name."""

    def __init__(self, line: CommandLine, look: Look) -> None:
        self._line, self._look = line, look
        self._runs: dict[str, Run] = {}

    def of(self, name: str) -> Run | None:
        """The latest run."""
        return self._runs.get(name)

    def drop(self, name: str) -> None:
        """Nothing is known of the name any more: another container has it, or will."""
        run = self._runs.pop(name, None)
        if run is not None:
            run.forget()

    def close(self) -> None:
        for name in list(self._runs):
            self.drop(name)

    def known(self, info: ContainerInfo) -> ContainerInfo:
        """``info`` with the exit code of its latest run, where that is known here."""
        run = self._runs.get(info.id)
        if run is None or not run.ended or info.status != "exited" or run.started != info.started_at:
            return info
        return info.model_copy(update={"exit_code": run.code})

    async def again(self, name: str, doing: str) -> Run:
        """A further run of one that has ended, with what it is by now; Conflict where somebody else started it meanwhile."""
        info = await self._look(name)
        if info.status in LIVE:
            raise Conflict(f"{doing}: it runs", backend=self._line.backend, operation=doing, subject=name)
        return await self.begin(info, doing)

    async def begin(self, info: ContainerInfo, doing: str) -> Run:
        """Starts a container that does not run, and waits until it does, or has ended already.

        Raises what the engine says where it cannot be started.
        """
        await _next_second(info.started_at)
        program = await self._attached(info.id, doing)
        run = Run(program)
        self.drop(info.id)
        self._runs[info.id] = run
        with anyio.move_on_after(self._line.timeout):
            await self._until_begun(run, info, doing)
            return run
        raise BackendError(f"{doing}: it neither runs nor has failed after {self._line.timeout:g} s", backend=self._line.backend)

    async def _attached(self, name: str, doing: str) -> Program:
        argv = self._line.argv(["start", "--attach", name])
        nowhere = subprocess.DEVNULL
        try:
            return await Program.start(argv, env=self._line.env, stdin=nowhere, stdout=nowhere, stderr=nowhere)
        except OSError as error:
            raise BackendError(f"{doing}: {argv[0]} does not start: {error.strerror}", backend=self._line.backend) from error

    async def _until_begun(self, run: Run, before: ContainerInfo, doing: str) -> None:
        pause, longest = LOOKS
        while True:
            was_over = run.ended
            try:
                now = await self._look(before.id)
            except NotFound:
                await run.over.wait()  # It is removed as it ends, and its code comes at that moment.
                return
            if now.started_at != before.started_at:
                run.started = now.started_at
                return
            if was_over:
                await self._once_more(run, before, doing)
                return
            with anyio.move_on_after(pause):
                await run.over.wait()
            pause = min(2 * pause, longest)

    async def _once_more(self, run: Run, before: ContainerInfo, doing: str) -> None:
        """It was not started, and what was said went nowhere: it is said again, or it is started now."""
        try:
            await self._line.change(["start", before.id], doing=doing, subject=before.id)
        finally:
            if self._runs.get(before.id) is run:
                self.drop(before.id)


async def _next_second(started: str | None) -> None:
    """Waits, a second at most, until a run can be told from one that began at ``started``."""
    try:
        until = datetime.fromisoformat(started or "") + timedelta(seconds=1)
    except ValueError:
        return
    left = (until - datetime.now(UTC)).total_seconds()
    await anyio.sleep(min(max(left, 0.0), 1.0))


def is_over(info: ContainerInfo) -> bool:
    """Whether a container has ended."""
    return info.status not in (*LIVE, "created")


__all__ = ["LOOKS", "Run", "Runs", "is_over"]
