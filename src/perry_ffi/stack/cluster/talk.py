"""What a person hears of a command of ``run`` on a cluster: its output from whichever node it is on; nothing is said to it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.contract.interaction import Conversation, Piece, Terms
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.cancellation import finish
from perry_ffi.errors import BackendError, Conflict, ContainerError, NotFound, Timeout, Unsupported
from perry_ffi.model.container import LogOptions
from perry_ffi.stack.attached import Attached
from perry_ffi.stack.cluster.one_off import STREAMS, OneOffService
from perry_ffi.stack.cluster.rows import engine_with, task_info
from perry_ffi.stack.observed import replica

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import TaskState
    from perry_ffi.stack.context import StackContext


class Output(Stream[Piece]):
    """The output of one task as it comes, and at its end the rest of it: engines give a log on another way than they tell of ends."""

    def __init__(self, made: OneOffService) -> None:
        self._made = made
        self._told = dict.fromkeys(STREAMS, 0)
        """How many characters were given."""
        self._send, self._receive = anyio.create_memory_object_stream[list[Piece]](16)
        self.ended: asyncio.Future[tuple[TaskState, int]] = asyncio.get_running_loop().create_future()
        """Its task and its exit code."""
        self._job: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """To be called once its service is made."""
        self._job = asyncio.get_running_loop().create_task(self._run())

    async def next(self) -> Sequence[Piece] | None:
        try:
            return await self._receive.receive()
        except (anyio.EndOfStream, anyio.ClosedResourceError):
            return None

    async def aclose(self) -> None:
        if self._job is not None:
            self._job.cancel()
            await asyncio.wait([self._job])
        self._receive.close()

    async def _run(self) -> None:
        try:
            following = asyncio.ensure_future(self._follow())
            try:
                task, code = await self._made.end()
            finally:
                following.cancel()
                await asyncio.wait([following])
            await self._give_rest(task)
            self.ended.set_result((task, code))
        except BaseException as error:
            if not self.ended.done():
                self.ended.set_exception(error)
                self.ended.exception()  # Whoever needs the code hears of it.
        finally:
            self._send.close()

    async def _follow(self) -> None:
        with suppress(NotFound, Unsupported, BackendError, Timeout):  # What is missing then is read at the end.
            stream = await self._made.services.logs(self._made.id, LogOptions(), follow=True)
            try:
                while (batch := await stream.next()) is not None:
                    for piece in batch:
                        await self._give(piece.stream, piece.text)
            finally:
                with anyio.CancelScope(shield=True):
                    await stream.aclose()

    async def _give(self, stream: str, text: str) -> None:
        if text:
            self._told[stream] += len(text)
            await self._send.send([("stderr" if stream == "stderr" else "stdout", text.encode("utf-8", "surrogateescape"))])

    async def _give_rest(self, task: TaskState) -> None:
        for stream, text in (await self._made.said(task)).items():
            await self._give(stream, text[self._told[stream] :])


class Talk(Conversation):
    """With a command that hears nothing."""

    terminal = False
    takes_input = False

    def __init__(self, output: Output) -> None:
        self.output = output

    async def send(self, data: bytes) -> None:
        raise Conflict("the task of a cluster has no input")

    async def end_input(self) -> None:
        """It has none."""

    async def resize(self, columns: int, rows: int) -> None:
        """It has no terminal."""

    async def aclose(self) -> None:
        await self.output.aclose()


class AttachedOneOff(Attached):
    """A service of ``run``, as ``Attached`` has containers: it goes with the conversation unless it is kept."""

    def __init__(self, context: StackContext, made: OneOffService, terms: Terms) -> None:
        super().__init__(context.backend, made.id, made.name, terms, removes=True, fresh=True)
        self._context, self._made = context, made

    async def open(self) -> AttachedOneOff:
        """Its task begins when it is started, and is heard from then on."""
        self._output = Output(self._made)
        self.talk = Talk(self._output)
        return self

    async def start(self) -> None:
        await self._made.create()
        self._output.begin()

    async def exit_code(self) -> int:
        """Raises ServiceStartupFailed where it could not begin."""
        return (await asyncio.shield(self._output.ended))[1]

    async def signal(self, name: str) -> None:
        """By the engine of its node; where nobody said how that is reached, it is taken away, which ends it."""
        with suppress(NotFound, Conflict):
            state = await self._made.services.service(self._made.id)
            for task in await self._made.services.tasks([state.id]):
                row = replica(self._backend, task_info(state, task))
                try:
                    await (await engine_with(self._made.services, row)).kill_container(row.id, name)
                except Unsupported as error:
                    message = f"{self.name} is taken away: it cannot be sent {name}: {error.message}"
                    self._context.bus.tell("warning", message=message)
                    await self._made.remove()

    async def aclose(self) -> None:
        await self.talk.aclose()
        if self._removes:
            self._removes = False
            with suppress(ContainerError):
                await finish(self._made.remove())


def refuse_terminal(terms: Terms) -> None:
    """Raises Unsupported where a person would type: the tasks of a cluster hear nobody."""
    if terms.terminal:
        raise Unsupported(
            "run: a task of a cluster has no terminal and no input: its engine starts it by itself, on any node", member="tty",
            reason="services are not attached to", remedy="-T has it run without, and shows its output; exec talks to a task that runs",
        )  # fmt: skip


__all__ = ["AttachedOneOff", "refuse_terminal"]
