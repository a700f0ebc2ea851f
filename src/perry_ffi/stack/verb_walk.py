"""Does something to the containers there are, each service's after those that it depends on, or before them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import anyio

from perry_ffi.advice import Advice, Operation, Option
from perry_ffi.cancellation import one_error
from perry_ffi.errors import NotFound
from perry_ffi.runtime.readiness import Readiness
from perry_ffi.runtime.watch import watching
from perry_ffi.stack import identity
from perry_ffi.stack.conditions import hold
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.dependency_walk import turned, walk
from perry_ffi.stack.elsewhere import present_replicas
from perry_ffi.stack.index import Index
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.observe import with_namespaces
from perry_ffi.stack.observed import Replica
from perry_ffi.stack.order import chosen, edges_of
from perry_ffi.stack.relations import Relations, missing, relations
from perry_ffi.stack.steps.verbs import Doing, Wait

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from perry_ffi.compose.project import Project
    from perry_ffi.runtime.plan import Plan
    from perry_ffi.stack.conditions import Waits

Verb = Callable[[Replica], Awaitable[None]]
"""What is done to one container."""


class VerbWalk:
    """What all verbs over one project have in common: its rows, their order, and how what is done is told.

    rehearse: nothing is done, and ``plan`` has what would be.
    """

    def __init__(self, context: StackContext, name: str, project: Project | None, *, rehearse: bool = False) -> None:
        self._context = context
        self._backend = context.backend
        self._name = name
        self._project = project
        self.doing = Doing(context.bus, name, rehearse=rehearse)

    def plan(self) -> Plan:
        """What a rehearsed verb would do."""
        return self.doing.plan()

    @property
    def did(self) -> int:
        """How many things were done to containers so far, or noted."""
        return self.doing.count

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
        self,
        found: Relations,
        rows: Sequence[Replica],
        wanted: Container[str],
        verb: Verb,
        timeout: float | None,
        *,
        wait: bool = False,
    ) -> None:
        """Does ``verb`` to the containers of ``wanted``, each service's when the conditions on its dependencies hold.

        wait: then waits until each of them is ready.
        """
        if self.doing.rehearse:
            return await self._walk(found.before(), rows, wanted, verb)
        there = Index(rows)
        async with self._waits() as waits:

            async def ready(service: str) -> None:
                await hold(waits, self._context.bus, service, found.edges.get(service, {}), there, wanted, timeout)

            await self._walk(found.before(), rows, wanted, verb, ready)
            if wait:
                await self._ready(waits, [row for row in rows if row.service in wanted], timeout)

    @asynccontextmanager
    async def _waits(self) -> AsyncIterator[Waits]:
        """Who waits for rows."""
        async with watching(self._backend, identity.watched(self._name)) as watch:
            yield Readiness(self._backend, watch, SERVICES, self._context.probed, self._context.bus)

    async def _ready(self, waits: Waits, rows: Iterable[Replica], timeout: float | None) -> None:
        async def one(row: Replica) -> None:
            until_ready = partial(waits.until, row.service, row.name, "ready", timeout)
            await self.doing.step(Wait(row.name, row.service, row.id), "asked for", until_ready)

        with one_error():
            async with anyio.create_task_group() as group:
                for row in rows:
                    group.start_soon(one, row)

    async def _of_services(self) -> list[Replica]:
        return [row for row in await present_replicas(self._context, self._name) if not row.one_off]

    async def _containers(self) -> list[Replica]:
        """What single containers can be asked for: the rows of services, where these are containers."""
        return await self._of_services()

    async def _in_order(
        self, services: Sequence[str] | None, verb: Verb, *, dependents_first: bool = False, rows: list[Replica] | None = None
    ) -> None:
        """Does ``verb`` to the containers of the services, and to no others. rows: these, where they are not ``_of_services``."""
        rows = await self._of_services() if rows is None else rows
        edges = edges_of(self._project, rows)
        await self._walk(turned(edges) if dependents_first else edges, rows, chosen(self._project, edges, rows, services), verb)

    async def _walk(
        self,
        before: Mapping[str, Iterable[str]],
        rows: Sequence[Replica],
        wanted: Container[str],
        verb: Verb,
        ready: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """Also what lies between two of ``wanted`` orders them. ready: awaited before each of these."""
        slots = anyio.CapacityLimiter(self._context.places)
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

        self.doing.order(before)
        await walk(before, before.keys() | own.keys(), work)
