"""start, stop, restart, pause, unpause, kill: over the containers there are, in dependency order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import anyio

from perry_ffi.advice import Advice, Operation, Option
from perry_ffi.cancellation import one_error
from perry_ffi.errors import NotFound
from perry_ffi.runtime.readiness import Readiness, started
from perry_ffi.runtime.urgent_stop import stop, unless
from perry_ffi.runtime.watch import watching
from perry_ffi.stack import identity
from perry_ffi.stack.conditions import hold
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.dependency_walk import turned, walk
from perry_ffi.stack.elsewhere import present_replicas
from perry_ffi.stack.hooks import run_hook
from perry_ffi.stack.index import Index
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.observe import Replica, with_namespaces
from perry_ffi.stack.order import chosen, edges_of
from perry_ffi.stack.relations import Relations, cut_off, is_done, missing, relations
from perry_ffi.stack.translate.hooks import hooks

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project

Verb = Callable[[Replica], Awaitable[None]]


class Lifecycle:
    """The verbs over one project. services: ``None`` all, an empty list none; NotFound for one that is not there.

    ``start`` brings along what the services need, and ``restart`` those who restart with them; the others touch these alone.
    """

    def __init__(self, context: StackContext, name: str, project: Project | None) -> None:
        self._context = context
        self._backend = context.backend
        self._name = name
        self._project = project

    @cached_property
    def _document(self) -> dict[str, Any]:
        return {} if self._project is None else self._project.to_dict()

    async def start(self, services: Sequence[str] | None, timeout: float | None = None) -> None:
        """Starts what does not run and what that depends on, dependencies first, each when the conditions on them hold.

        A job that is done runs again only where it is named. What runs in the namespaces of one that starts is restarted
        after it, for it was cut off. timeout: seconds that a condition may take. Raises NotFound, before anything starts,
        where a condition is about a service that has no container.
        """
        async with self._context.locked(self._name):
            rows, runs, found = await self._look()
            named = chosen(found.edges, rows, services)
            wanted = found.with_dependencies(named)
            starting = {row.id for row in rows if row.service in wanted and not row.running}
            starting -= {row.id for row in rows if is_done(row, found) and (services is None or row.service not in named)}
            again = cut_off(rows, starting)
            self._check_conditions(found, rows, starting)
            self._warn_of_runs(runs, starting | again)

            async def one(row: Replica) -> None:
                if row.id in again:
                    await self._restart(row, None)
                elif row.id in starting:
                    await started(self._backend, row.id, row.service, row.name, SERVICES)
                    await self._hooks(row, "post_start")

            await self._when_it_holds(found, rows, wanted | {row.service for row in rows if row.id in again}, one, timeout)

    async def stop(self, services: Sequence[str] | None, timeout: float | None = None) -> None:
        """Stops what runs, dependents first. timeout: seconds before a container is killed; ``None`` its own."""
        urgent = self._context.urgent

        async def one(row: Replica) -> None:
            if row.running:
                await unless(urgent, lambda: self._pre_stop(row))
                await stop(self._backend, row.id, timeout, urgent)

        async with self._context.locked(self._name):
            await self._in_order(services, one, dependents_first=True)

    async def restart(self, services: Sequence[str] | None, timeout: float | None = None, *, dependents: bool = True) -> None:
        """Restarts, dependencies first, each when the conditions on them hold.

        Those in the namespaces of one that restarts do so after it, for they are cut off. dependents: so do those that ask
        for it (``restart: true``), and so on. Who is not named stays as it is if it is a job that is done, or was never
        started. timeout: seconds before a container is killed; ``None`` its own.
        """
        async with self._context.locked(self._name):
            rows, runs, found = await self._look()
            named = chosen(found.edges, rows, services)
            wanted = found.with_restarting(named, dependents)
            also = wanted - named
            touched = {row.id for row in rows if row.service in named}
            touched |= {row.id for row in rows if row.service in also and row.status != "created" and not is_done(row, found)}
            inside = {row.id for row in rows if row.id in touched and not touched.isdisjoint(row.joined)}
            self._warn_of_runs(runs, touched)
            for row in rows:
                if row.id in inside:
                    await self._pre_stop(row)

            async def one(row: Replica) -> None:
                if row.id in touched:
                    if row.id not in inside:
                        await self._pre_stop(row)
                    await self._restart(row, timeout)

            await self._when_it_holds(found, rows, wanted, one, None)

    async def _restart(self, row: Replica, timeout: float | None) -> None:
        if row.status == "paused":
            await self._backend.unpause_container(row.id)
        await self._backend.restart_container(row.id, timeout)
        await self._hooks(row, "post_start")

    async def pause(self, services: Sequence[str] | None) -> None:
        async def one(row: Replica) -> None:
            if row.status == "running":
                await self._backend.pause_container(row.id)

        async with self._context.locked(self._name):
            await self._in_order(services, one, dependents_first=True)

    async def unpause(self, services: Sequence[str] | None) -> None:
        async def one(row: Replica) -> None:
            if row.status == "paused":
                await self._backend.unpause_container(row.id)

        async with self._context.locked(self._name):
            await self._in_order(services, one)

    async def kill(self, services: Sequence[str] | None, signal: str) -> None:
        async def one(row: Replica) -> None:
            if row.running:
                await self._backend.kill_container(row.id, signal)

        async with self._context.locked(self._name):
            await self._in_order(services, one, dependents_first=True)

    # -- order ----------------------------------------------------------------------------------------

    async def _look(self) -> tuple[list[Replica], list[Replica], Relations]:
        """The containers of services and those of ``run``, with the namespaces they are in; how the services hang together."""
        found = await with_namespaces(self._backend, await present_replicas(self._context, self._name))
        rows = [row for row in found if not row.one_off]
        return rows, [row for row in found if row.one_off], relations(self._project, rows)

    def _check_conditions(self, found: Relations, rows: Sequence[Replica], starting: Container[str]) -> None:
        """Raises NotFound where one that starts would wait for a service that has no container."""
        services = {} if self._project is None else self._project.services
        without = {name for name in services if self._project is not None and not self._project.replicas(name)}
        there = {row.service for row in rows}
        for service in sorted({row.service for row in rows if row.id in starting}):
            for name, edge in missing(service, found, there, without):
                message = f"services.{service}: it waits for {name}, which has no container"
                if edge.required:
                    remedy = Advice("{} makes its containers", Operation("up", (Option("services", [name]),)))
                    raise NotFound(message, service=service, missing=name, remedy=remedy)
                self._context.bus.tell("warning", message=f"{message}; not required, so it goes on", service=service)

    def _warn_of_runs(self, runs: Iterable[Replica], anew: set[str]) -> None:
        """Tells of those that nothing restarts: each ran for one command."""
        for row in runs:
            if row.running and not anew.isdisjoint(row.joined):
                message = f"{row.name}: it is in the namespaces of a container that starts anew, and is cut off from them"
                self._context.bus.tell("warning", message=message, service=row.service)

    async def _when_it_holds(
        self, found: Relations, rows: Sequence[Replica], wanted: Container[str], verb: Verb, timeout: float | None
    ) -> None:
        """Does ``verb`` to the containers of ``wanted``, each service's when the conditions on its dependencies hold."""
        async with watching(self._backend, identity.watched(self._name)) as watch:
            readiness, there = Readiness(self._backend, watch, SERVICES, self._context.probed), Index(rows)

            async def ready(service: str) -> None:
                await hold(readiness, self._context.bus, service, found.edges.get(service, {}), there, wanted, timeout)

            await self._walk(found.before(), rows, wanted, verb, ready)

    async def _in_order(self, services: Sequence[str] | None, verb: Verb, *, dependents_first: bool = False) -> None:
        """Does ``verb`` to the containers of the services, and to no others."""
        rows = [row for row in await present_replicas(self._context, self._name) if not row.one_off]
        edges = edges_of(self._project, rows)
        await self._walk(turned(edges) if dependents_first else edges, rows, chosen(edges, rows, services), verb)

    async def _walk(
        self,
        before: Mapping[str, Iterable[str]],
        rows: Sequence[Replica],
        wanted: Container[str],
        verb: Verb,
        ready: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """Also what lies between two of ``wanted`` orders them. ready: awaited before each of these."""
        slots = anyio.CapacityLimiter(self._backend.parallel_calls)
        own: dict[str, list[Replica]] = {}
        for row in rows:
            own.setdefault(row.service, []).append(row)

        async def one(row: Replica) -> None:
            async with slots:
                await verb(row)

        async def work(service: str) -> None:
            if service not in wanted:
                return
            if ready is not None:
                await ready(service)
            with one_error():
                async with anyio.create_task_group() as group:
                    for row in own.get(service, ()):
                        group.start_soon(one, row)

        await walk(before, before.keys() | own.keys(), work)

    # -- hooks ----------------------------------------------------------------------------------------

    async def _pre_stop(self, row: Replica) -> None:
        """Runs its hooks, where a command can run: in a container that is frozen or about to start anew none can."""
        if row.status == "running":
            await self._hooks(row, "pre_stop")

    async def _hooks(self, row: Replica, kind: str) -> None:
        if self._project is None or row.service not in self._project.services:
            return
        for index, hook in enumerate(getattr(hooks(self._document, row.service), kind)):
            await run_hook(self._backend, row.id, hook, row.service, f"{kind}[{index}]")
