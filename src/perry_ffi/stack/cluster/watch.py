"""Follows the services that somebody waits for, all of them with one look: by the engine's changes, and by asking again, for of tasks
an engine tells nothing by itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

from perry_ffi.backends.contract.services import is_uncertain
from perry_ffi.cancellation import one_error
from perry_ffi.errors import BackendError, BackendNotAvailable, ContainerError, NotFound, Timeout

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import ServiceState, TaskState
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.backends.contract.stream import Labels

SOON_SECONDS = 0.2
LATER_SECONDS = 1.0
"""Between two looks: soon after something happened, later where nothing does."""
TASKS_SECONDS = 0.5
MOST_TASKS_SECONDS = 3.0
"""After which the tasks of a service are looked at anew though nothing about the service itself changed: for a hundred services that
are waited for, and at most.
"""
GROWTH = 1.4
AWAY_SECONDS = 60.0
"""How long an engine may have no leader while somebody waits."""
RESUBSCRIBE_SECONDS = 1.0
TRIES = 5
"""How often a change is asked for that the engine's own bookkeeping overtakes."""
PATIENCE_SECONDS = 10.0
"""How long tasks may linger before it is asked whether their nodes answer at all."""

T = TypeVar("T")
Look = Callable[["ServiceState | None", "Sequence[TaskState]"], "T | None"]
"""What a waiter makes of a service, ``None`` where it is gone, and its tasks: what it waits for, or ``None`` to look again."""


class _Waiter(Generic[T]):
    """One who waits for a service. Its tasks are asked for when the service changed, and now and then."""

    def __init__(self, ident: str, look: Look[T]) -> None:
        self.ident = ident
        self.done = anyio.Event()
        self.result: T | None = None
        self.error: ContainerError | None = None
        self._look = look
        self._shown: object = self
        self._pause = SOON_SECONDS
        self._due = 0.0

    def asks(self, state: ServiceState | None, now: float) -> bool:
        shown = state and (state.version, state.running, state.completed, state.wanted, state.update)
        if shown != self._shown:
            self._shown, self._pause = shown, SOON_SECONDS
            return True
        return now >= self._due

    def judge(self, state: ServiceState | None, tasks: Sequence[TaskState], now: float, longest: float) -> None:
        try:
            self.result = self._look(state, tasks)
        except ContainerError as error:
            self.error = error
        if self.result is not None or self.error is not None:
            self.done.set()
        self._due, self._pause = now + self._pause, min(self._pause * GROWTH, longest)

    def fail(self, error: ContainerError) -> None:
        self.error = error
        self.done.set()


class ClusterWatch:
    """One watch over the services of a project."""

    def __init__(self, services: Services, labels: Labels) -> None:
        self._services = services
        self._labels = labels
        self._waiters: list[_Waiter[object]] = []
        self._news = anyio.Event()

    async def until(self, ident: str, look: Look[T]) -> T:
        """What ``look`` makes, at last, of the service with this id; it is given nothing that was read before this call.

        Raises what ``look`` raises, and what looking raises where the engine cannot be asked for ``AWAY_SECONDS``. Waits as long
        as it takes: the caller bounds it.
        """
        waiter: _Waiter[T] = _Waiter(ident, look)
        self._waiters.append(waiter)  # type: ignore[arg-type]
        self.wake()
        try:
            await waiter.done.wait()
        finally:
            self._waiters.remove(waiter)  # type: ignore[arg-type]
        if waiter.error is not None:
            raise waiter.error
        assert waiter.result is not None, "it is done with a result or an error"
        return waiter.result

    def wake(self) -> None:
        """Has the next look come soon."""
        self._news.set()

    async def look_on(self) -> None:
        """Looks for as long as it runs, whenever somebody waits."""
        pause, away = SOON_SECONDS, None
        while True:
            self._news = anyio.Event()
            if not any(not waiter.done.is_set() for waiter in self._waiters):
                await self._news.wait()
                pause = SOON_SECONDS
                continue
            began = anyio.current_time()
            try:
                await self._look()
                away = None
            except ContainerError as error:
                away = away or began
                if not passes(error) or anyio.current_time() - away > AWAY_SECONDS:
                    for waiter in self._waiters:
                        waiter.fail(error)
            # A look never takes more of the time than what lies between two of them.
            await anyio.sleep(max(SOON_SECONDS, anyio.current_time() - began))
            with anyio.move_on_after(max(0.0, pause - SOON_SECONDS)):
                await self._news.wait()
            pause = SOON_SECONDS if self._news.is_set() else min(pause * GROWTH, LATER_SECONDS)

    async def _look(self) -> None:
        waiters = [waiter for waiter in self._waiters if not waiter.done.is_set()]
        now = anyio.current_time()
        states = {state.id: state for state in await self._services.services(self._labels)}
        asking = [waiter for waiter in waiters if waiter.asks(states.get(waiter.ident), now)]
        if not asking:
            return
        tasks: dict[str, list[TaskState]] = {}
        for task in await self._services.tasks(dict.fromkeys(waiter.ident for waiter in asking)):
            tasks.setdefault(task.service, []).append(task)
        longest = min(MOST_TASKS_SECONDS, TASKS_SECONDS * max(1.0, len(waiters) / 100))
        for waiter in asking:
            waiter.judge(states.get(waiter.ident), tasks.get(waiter.ident, ()), anyio.current_time(), longest)

    async def listen(self) -> None:
        """Has the next look come soon whenever the engine tells of a change. Where it cannot tell, looks come all the same."""
        while True:
            try:
                stream = await self._services.changes()
                try:
                    while await stream.next() is not None:
                        self.wake()
                finally:
                    with anyio.CancelScope(shield=True):
                        await stream.aclose()
            except (BackendError, BackendNotAvailable, Timeout):
                pass
            await anyio.sleep(RESUBSCRIBE_SECONDS)


def passes(error: ContainerError) -> bool:
    """Whether an engine that answers so may answer otherwise soon: it has no leader, or its answer was lost."""
    return is_uncertain(error) or isinstance(error, BackendNotAvailable | Timeout)


@asynccontextmanager
async def watching_services(services: Services, labels: Labels) -> AsyncIterator[ClusterWatch]:
    """A live watch over the services that carry ``labels``."""
    watch = ClusterWatch(services, labels)
    with one_error():
        async with anyio.create_task_group() as group:
            group.start_soon(watch.look_on)
            group.start_soon(watch.listen)
            try:
                yield watch
            finally:
                group.cancel_scope.cancel()


async def certainly(
    work: Callable[[], Awaitable[T]], done: Callable[[], Awaitable[T | None]], *, seconds: float = AWAY_SECONDS
) -> T:
    """What ``work`` gives. Where it was asked and nobody knows whether it was carried out, ``done`` looks: what it gives is the
    result; where that is ``None`` it is asked again, for at most ``seconds``.

    Raises what ``work`` raises; a name that is taken after such an answer may be taken by ourselves, which ``done`` tells.
    """
    bound = anyio.current_time() + seconds
    pause, lost = SOON_SECONDS, False
    while True:
        failure: ContainerError
        try:
            return await work()
        except ContainerError as error:
            if not is_uncertain(error) and not lost:
                raise
            failure = error
        lost = True
        try:
            if (found := await done()) is not None:
                return found
        except ContainerError as error:
            if not passes(error):
                raise
        if not passes(failure) or anyio.current_time() > bound:
            raise failure
        await anyio.sleep(pause)
        pause = min(pause * 2, 2.0)


async def until_answered(work: Callable[[], Awaitable[object]]) -> None:
    """Has ``work`` done that may as well be done twice: again where nobody knows whether it was, as ``certainly`` does."""

    async def once() -> bool:
        await work()
        return True

    async def unknown() -> bool | None:
        return None

    await certainly(once, unknown)


async def until_gone(remove: Callable[[], Awaitable[None]]) -> None:
    """The same of a removal: what is not there any more is removed."""

    async def work() -> None:
        with suppress(NotFound):
            await remove()

    await until_answered(work)


__all__ = [
    "AWAY_SECONDS", "PATIENCE_SECONDS", "TRIES", "ClusterWatch", "certainly", "passes", "until_answered", "until_gone",
    "watching_services",
]  # fmt: skip
