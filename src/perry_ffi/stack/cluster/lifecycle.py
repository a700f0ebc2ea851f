"""start, stop, restart, pause, unpause, kill, remove: of services, whose engine starts and stops their tasks by itself.

A service that is stopped has no task, and remembers in a label how many it had. What is done to single containers is done by the
engines of their nodes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from perry_ffi.errors import Conflict, NotFound, Unsupported
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.observe import newest_tasks
from perry_ffi.stack.cluster.rows import is_one_off, own_services, service_of, service_row, service_rows, stopped_number
from perry_ffi.stack.cluster.waits import ServiceWaits
from perry_ffi.stack.cluster.watch import TRIES, certainly, watching_services
from perry_ffi.stack.elsewhere import present_replicas
from perry_ffi.stack.inside import engine_with
from perry_ffi.stack.lifecycle import Lifecycle, Words
from perry_ffi.stack.order import chosen, edges_of
from perry_ffi.stack.relations import Relations, relations
from perry_ffi.stack.steps.verbs import Unpause
from perry_ffi.stack.steps.verbs import Verb as Step

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from perry_ffi.backends.contract.service_records import ServiceState
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.stack.observed import Replica


_NO_TASKS: Mapping[str, frozenset[str]] = {}


class StartService(Step):
    name = "start service"


class StopService(Step):
    name = "stop service"


class RestartService(Step):
    name = "restart service"


class RemoveService(Step):
    name = "remove service"


class ClusterLifecycle(Lifecycle):
    """As ``Lifecycle``: a row is a service, and a task where something is done to a container."""

    words = Words(StartService, StopService, RestartService, RemoveService)

    @property
    def _services(self) -> Services:
        assert self._backend.services is not None
        return self._backend.services

    async def stop(self, services: Sequence[str] | None, timeout: float | None = None) -> None:
        """Takes the tasks of services away, dependents first, and remembers how many there were.

        timeout: seconds before a task is killed; the engine gives it the service's own ``stop_grace_period`` all the same, which is
        told. Raises Unsupported, before anything stops, for a service that has a task on each node.
        """
        await self._refuse_everywhere(services, "stopped")
        self._tell_grace(timeout)
        await super().stop(services, timeout)

    async def restart(self, services: Sequence[str] | None, timeout: float | None = None, *, dependents: bool = True) -> None:
        """Replaces the tasks of services, in the way of their update policies, dependencies first, and waits for the new ones.

        timeout: as of ``stop``.
        """
        self._tell_grace(timeout)
        await super().restart(services, timeout, dependents=dependents)

    async def pause(self, services: Sequence[str] | None) -> None:
        await self._reach(services)
        await super().pause(services)

    async def unpause(self, services: Sequence[str] | None) -> None:
        rows = [replace(row, status="paused") for row in await self._reach(services) if await self._is_paused(row)]

        async def one(row: Replica) -> None:
            async def work() -> None:
                await (await engine_with(self._context, row)).unpause_container(row.id)

            await self.doing.step(Unpause(row.name, row.service, row.id), "asked for", work)

        async with self._context.locked(self._name):
            await self._in_order(None, one, rows=rows)

    async def kill(self, services: Sequence[str] | None, signal: str) -> None:
        """The engine puts other tasks into the places of those that end, as the services' restart policies have it."""
        await self._reach(services)
        await super().kill(services, signal)

    # -- what is done to one ----------------------------------------------------------------------------

    async def _started(self, row: Replica) -> None:
        await self._run_anew(row)

    async def _run_anew(self, row: Replica) -> frozenset[str]:
        """Has other tasks run than those that there were, and gives the ids of these."""

        def is_done(state: ServiceState) -> bool:
            return stopped_number(state) is None

        async def start(state: ServiceState) -> None:
            await self._services.scale_service(state, stopped_number(state) or 0, {identity.STOPPED: None})

        if stopped_number(await self._services.service(row.id)) is None:
            return await self._again(row)
        return await self._replaced(row, start, is_done)

    async def _again(self, row: Replica) -> frozenset[str]:
        """Has each task replaced, and waits until none of the former ones is to run any more."""
        version = (await self._services.service(row.id)).version
        newest = newest_tasks(await self._services.tasks([row.id]))
        ends = any(task.state == "complete" for task in newest.values())

        async def restart(state: ServiceState) -> None:
            await self._services.restart_service(state, ends=ends)

        return await self._replaced(row, restart, lambda state: state.version != version)

    async def _replaced(
        self, row: Replica, work: Callable[[ServiceState], Awaitable[None]], is_done: Callable[[ServiceState], bool]
    ) -> frozenset[str]:
        """Changes a service, and waits until other tasks have taken the places of those that it has. Gives the ids of these."""
        before = await self._services.service(row.id)
        former = frozenset(task.id for task in await self._services.tasks([row.id]))
        await self._change(row, work, is_done)
        async with self._waits() as waits:
            await waits.until_replaced(before, former)
        return former

    async def _ended(self, row: Replica, timeout: float | None) -> None:
        async def stop(state: ServiceState) -> None:
            await self._services.scale_service(state, 0, {identity.STOPPED: str(state.wanted)})

        await self._change(row, stop, lambda state: not state.wanted)
        state = await self._services.service(row.id)
        async with self._waits() as waits:
            await waits.until_ended(state)

    async def _ended_for_good(self, row: Replica) -> None:
        """Nothing: what is removed stops with that."""

    async def _removed(self, row: Replica, *, volumes: bool) -> None:
        """The engine removes the anonymous volumes of tasks with them, whether or not they are asked for."""
        state = await self._services.service(row.id)
        with suppress(NotFound):
            await self._services.remove_service(row.id)
        async with self._waits() as waits:
            await waits.until_ended(state)

    async def _restart(self, row: Replica, timeout: float | None, cause: str, *, hooks_before: bool = False) -> None:
        async def again() -> None:
            former = await self._run_anew(row)
            async with self._waits({row.service: former}) as waits:
                await waits.until(row.service, row.name, "ready", None)

        await self.doing.step(self.words.restart(row.name, row.service, row.id), cause, again)

    async def _change(
        self, row: Replica, work: Callable[[ServiceState], Awaitable[None]], is_done: Callable[[ServiceState], bool]
    ) -> None:
        """Changes a service, whatever else changes it meanwhile; what may have been carried out is looked at first."""
        for attempt in range(TRIES):
            state = await self._services.service(row.id)
            if is_done(state):
                return

            async def asked(state: ServiceState = state) -> bool:
                await work(state)
                return True

            async def done() -> bool | None:
                return True if is_done(await self._services.service(row.id)) else None

            try:
                await certainly(asked, done)
                return
            except Conflict:
                if attempt == TRIES - 1:
                    raise

    # -- rows -------------------------------------------------------------------------------------------

    async def _states(self) -> list[ServiceState]:
        return [state for state in await own_services(self._services, self._name) if not is_one_off(state)]

    async def _of_services(self) -> list[Replica]:
        return await service_rows(self._services, self._name)

    async def _look(self) -> tuple[list[Replica], list[Replica], Relations]:
        rows = await self._of_services()
        return rows, [], relations(self._project, rows)

    async def _containers(self) -> list[Replica]:
        return [row for row in await present_replicas(self._context, self._name) if not row.one_off]

    async def _reach(self, services: Sequence[str] | None) -> list[Replica]:
        """The tasks that run of these services. Raises Unsupported, before anything is done, where a node cannot be reached."""
        rows = await self._containers()
        wanted = chosen(self._project, edges_of(self._project, [*rows, *await self._of_services()]), rows, services)
        running = [row for row in rows if row.service in wanted and row.running]
        if not self.doing.rehearse:
            for row in running:
                await engine_with(self._context, row)
        return running

    async def _is_paused(self, row: Replica) -> bool:
        with suppress(NotFound):
            return (await (await engine_with(self._context, row)).inspect_container(row.id)).status == "paused"
        return False

    # -- waits and refusals -------------------------------------------------------------------------------

    @asynccontextmanager
    async def _waits(self, former: Mapping[str, frozenset[str]] = _NO_TASKS) -> AsyncIterator[ServiceWaits]:
        states = {service_of(state): state for state in await self._states()}
        async with watching_services(self._services, {identity.PROJECT: self._name}) as watch:
            yield ServiceWaits(self._context, watch, states, former)

    async def _refuse_everywhere(self, services: Sequence[str] | None, what: str) -> None:
        states = await self._states()
        rows = [service_row(state) for state in states]
        wanted = chosen(self._project, edges_of(self._project, rows), rows, services)
        for state in states:
            if state.everywhere and service_of(state) in wanted:
                _refuse(service_of(state), what)

    def _tell_grace(self, timeout: float | None) -> None:
        if timeout is not None:
            message = "the engine of a cluster gives each task the stop_grace_period of its service, and no other"
            self._context.bus.tell("warning", message=message, project=self._name)


def _refuse(service: str, what: str) -> NoReturn:
    raise Unsupported(
        f"services.{service}: a service with a task on each node cannot be {what}: its number is that of the nodes",
        service=service, member="deploy.mode", reason="deploy.mode is global",
        remedy="remove it (rm, down), or have its placement name no node",
    )  # fmt: skip
