"""The loop thread: takes requests, runs each as a task, settles its promise, ends in good order.

A plain asyncio loop (its import is what the first call waits for); operations use anyio inside.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Concatenate

from perry_ffi.abi.rows import ROWS
from perry_ffi.api.results import encode
from perry_ffi.bridge.ffi_channel import CANCEL, NOTHING, PROGRAM, REQUEST, SHUTDOWN, FfiChannel
from perry_ffi.errors import Cancelled, InternalError, Unsupported, from_unexpected
from perry_ffi.interpreter.settling import started
from perry_ffi.service.client import Client

if TYPE_CHECKING:
    from perry_ffi.bridge.alone import Begun
    from perry_ffi.bridge.program import Program

BATCH = 256
SHUTDOWN_SECONDS = 10.0
STARTED_SECONDS = 2.0
"""After which the modules of the first calls are taken to be loaded."""
UNDO_SECONDS = 120.0
CLEAN_UP_SECONDS = 120.0

Handler = Callable[Concatenate[Client, ...], object]
"""A function of ``api``: a client, then the arguments of its row. What it gives, or its coroutine, settles the promise."""


class Server:
    """Serves one copy of the shared object until its shutdown. begun: what was taken before, and what runs since."""

    def __init__(self, channel: FfiChannel, begun: Begun) -> None:
        self._channel, self._begun = channel, begun
        self._client = Client(
            dict(os.environ),
            on_active=self._channel.tell_active_backend,
            on_priority=self._channel.tell_priority,
            on_handles=self._channel.tell_handles,
        )
        self._handlers: list[Handler | None] = [None] * len(ROWS)
        self._tasks: dict[int, asyncio.Task[object]] = {}
        self._ending: asyncio.Task[None] | None = None
        self._loop = asyncio.SelectorEventLoop()
        self._stop = self._loop.create_future()

    def run(self) -> None:
        """Serves until the shutdown. Raises what ends the loop otherwise; C then rejects what is in flight."""
        # A host's development mode must not have this loop print: it is no code of the host's.
        self._loop.set_debug(False)
        self._loop.set_exception_handler(lambda loop, context: None)
        try:
            if self._begun.program is not None:
                self._follow(self._begun.program)  # Before the item, which may be the shutdown that has to interrupt it.
            self._loop.call_soon(self._go_on)
            if self._channel.owns_python:
                self._loop.call_later(STARTED_SECONDS, started)
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.remove_reader(self._channel.wake_fd)
            self._loop.close()

    async def _serve(self) -> None:
        await self._stop
        self._loop.remove_reader(self._channel.wake_fd)
        await self._cancel_tasks()
        try:
            await asyncio.wait_for(self._client.aclose(), SHUTDOWN_SECONDS)
        except Exception:
            return

    async def _cancel_tasks(self) -> None:
        """Cancels what is under way, and gives it the time to put back what it had begun; so for runs of graphs that nobody waits for."""
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=UNDO_SECONDS)
        if self._client.handles.of_kind("graph"):
            from perry_ffi.service.workloads import end_runs

            with suppress(TimeoutError):
                await asyncio.wait_for(end_runs(self._client), UNDO_SECONDS)

    # -- requests ---------------------------------------------------------------------------------

    def _go_on(self) -> None:
        self._begin_item(*self._begun.item)
        self._loop.add_reader(self._channel.wake_fd, self._awake)
        self._awake()

    def _awake(self) -> None:
        self._channel.clear_wake()
        if (signal := self._channel.signal()) and self._ending is None:
            self._ending = self._loop.create_task(self._end_by(signal))
        self._take_batch()

    async def _end_by(self, signal: int) -> None:
        """The clean-up of a host that asked for it: what is under way is put back, stacks are taken down.

        Promises stay pending meanwhile, and requests untaken: a host that heard of a rejection might leave too early.
        """
        try:
            await self._cancel_tasks()
            if self._client.handles.of_kind("stack") or self._client.handles.of_kind("graph"):
                from perry_ffi.service.stacks import take_down_owned

                await asyncio.wait_for(take_down_owned(self._client), CLEAN_UP_SECONDS)
        finally:
            self._channel.exit(signal)

    def _take_batch(self) -> None:
        if self._ending is not None:
            return
        for _ in range(BATCH):
            what, ident = self._channel.take()
            self._begin_item(what, ident)
            if what in (NOTHING, SHUTDOWN):
                return
        self._loop.call_soon(self._take_batch)

    def _begin_item(self, what: int, ident: int) -> None:
        if what == REQUEST:
            self._begin(ident)
        elif what == CANCEL:
            task = self._tasks.get(ident)
            if task is not None:
                task.cancel()
        elif what == PROGRAM:
            from perry_ffi.bridge.program import Program

            self._follow(Program(self._channel, ident, self._channel.words()))
        elif what == SHUTDOWN and not self._stop.done():
            self._stop.set_result(None)

    def _begin(self, ident: int) -> None:
        row = self._channel.row()
        try:
            request = self._channel.request()
            handler = self._handlers[row] or self._load(row)
            result = handler(self._client, *request.arguments)
        except Exception as error:
            self._reject(ident, row, error)
            return
        if isinstance(result, Coroutine):
            task = self._loop.create_task(_contained(result))
            self._tasks[ident] = task
            task.add_done_callback(partial(self._done, ident, row, result))
        else:
            self._resolve(ident, row, result)

    def _follow(self, program: Program) -> None:
        from perry_ffi.bridge.program import run

        task = self._loop.create_task(run(program))
        self._tasks[program.ident] = task
        task.add_done_callback(partial(self._program_ended, program.ident))

    def _load(self, row: int) -> Handler:
        symbol, target, _, _ = ROWS[row]
        if not target:
            raise Unsupported(f"{symbol}: not in this version of the library", operation=symbol)
        module, function = target.split(":")
        handler: Handler = getattr(import_module(f"perry_ffi.{module}"), function)
        self._handlers[row] = handler
        return handler

    # -- results ----------------------------------------------------------------------------------

    def _done(self, ident: int, row: int, operation: Coroutine[Any, Any, object], task: asyncio.Task[object]) -> None:
        del self._tasks[ident]
        operation.close()  # one that was cancelled before it began would complain
        if task.cancelled():
            self._reject(ident, row, Cancelled(f"{ROWS[row][0]}: cancelled"))
        elif error := task.exception():
            self._reject(ident, row, error)
        else:
            self._resolve(ident, row, task.result())

    def _program_ended(self, ident: int, task: asyncio.Task[int]) -> None:
        del self._tasks[ident]
        if task.cancelled() or task.exception():
            error = Cancelled("cancelled") if task.cancelled() else from_unexpected(task.exception() or Cancelled("cancelled"))
            self._channel.reject(ident, error, "perry_container_main")
        else:
            self._channel.exited(ident, task.result())

    def _resolve(self, ident: int, row: int, result: object) -> None:
        if self._ending is not None:
            return
        try:
            self._channel.resolve(ident, ROWS[row][2], result, encode)
        except Exception as error:
            self._reject(ident, row, error)

    def _reject(self, ident: int, row: int, error: BaseException) -> None:
        if self._ending is not None:
            return
        self._channel.reject(ident, from_unexpected(error), ROWS[row][0])


async def _contained(operation: Coroutine[Any, Any, object]) -> object:
    """Keeps an operation that asks for the end of the process from ending the loop."""
    try:
        return await operation
    except (SystemExit, KeyboardInterrupt) as error:
        raise InternalError(f"an operation raised {type(error).__name__}; please report it") from error
