"""start, stop, restart, pause, unpause, kill: over the containers there are, in dependency order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.outlast import one_error
from perry_ffi.stack import identity
from perry_ffi.stack.conditions import hold
from perry_ffi.stack.context import Context
from perry_ffi.stack.desired import Edge, service_edges
from perry_ffi.stack.hooks import run_hook
from perry_ffi.stack.observe import Replica, read_replicas
from perry_ffi.stack.order import Edges, chosen, edges_of, waves
from perry_ffi.stack.readiness import Readiness, started
from perry_ffi.stack.translate.hooks import hooks
from perry_ffi.stack.watch import watching

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project

Verb = Callable[[Replica], Awaitable[None]]


class Lifecycle:
    """The verbs over one project. services: ``None`` all, an empty list none; NotFound for one that is not there."""

    def __init__(self, context: Context, name: str, project: Project | None) -> None:
        self._context = context
        self._backend = context.backend
        self._name = name
        self._project = project

    async def start(self, services: Sequence[str] | None, timeout: float | None = None) -> None:
        """Starts what does not run, dependencies first, each when the conditions on them hold."""

        async def one(row: Replica) -> None:
            if not row.running:
                await started(self._backend, row.id, row.service, row.name)
                await self._hooks(row, "post_start")

        async with self._context.locked(self._name):
            await self._in_order(services, one, timeout=timeout, conditions=True)

    async def stop(self, services: Sequence[str] | None, timeout: float | None = None) -> None:
        """Stops what runs, dependents first. timeout: seconds before a container is killed; ``None`` its own."""

        async def one(row: Replica) -> None:
            if row.running:
                await self._pre_stop(row)
                await self._backend.stop_container(row.id, timeout)

        async with self._context.locked(self._name):
            await self._in_order(services, one, dependents_first=True)

    async def restart(self, services: Sequence[str] | None, timeout: float | None = None) -> None:
        """Restarts, dependencies first, and with them the dependents that ask for it (``restart: true``)."""

        async def one(row: Replica) -> None:
            await self._pre_stop(row)
            if row.status == "paused":
                await self._backend.unpause_container(row.id)
            await self._backend.restart_container(row.id, timeout)
            await self._hooks(row, "post_start")

        async with self._context.locked(self._name):
            await self._in_order(await self._with_dependents(services), one, conditions=True)

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

    async def _in_order(
        self,
        services: Sequence[str] | None,
        verb: Verb,
        *,
        dependents_first: bool = False,
        conditions: bool = False,
        timeout: float | None = None,
    ) -> None:
        rows = [row for row in await read_replicas(self._backend, self._name) if not row.one_off]
        edges = edges_of(self._project, rows)
        wanted = chosen(edges, rows, services)
        order = waves(edges, wanted)
        async with watching(self._backend, self._name) as watch:
            readiness = Readiness(self._backend, watch)
            for wave in reversed(order) if dependents_first else order:
                if conditions:
                    await hold(readiness, self._context.hub, self._conditions(edges, wave), rows, wanted, timeout)
                await self._side_by_side([row for row in rows if row.service in wave], verb)

    async def _side_by_side(self, rows: Iterable[Replica], verb: Verb) -> None:
        slots = anyio.CapacityLimiter(self._backend.parallel_calls)

        async def one(row: Replica) -> None:
            async with slots:
                await verb(row)

        with one_error():
            async with anyio.create_task_group() as group:
                for row in rows:
                    group.start_soon(one, row)

    def _conditions(self, edges: Edges, wave: list[str]) -> list[dict[str, Edge]]:
        """What the services of a wave depend on."""
        services = {} if self._project is None else self._project.services
        return [
            service_edges(services[name])
            if name in services
            else {other: Edge(condition) for other, condition in edges.get(name, {}).items()}
            for name in wave
        ]

    async def _with_dependents(self, services: Sequence[str] | None) -> list[str] | None:
        if services is None:
            return None
        edges = await self._restart_edges()
        return [*services, *(name for name in edges if name not in services and edges[name] & set(services))]

    async def _restart_edges(self) -> dict[str, set[str]]:
        """For each service those with which it restarts: by its model, else by the labels of its containers."""
        if self._project is not None:
            trees = self._project.services
            return {n: {d for d, edge in service_edges(tree).items() if edge.restart} for n, tree in trees.items()}
        rows = await read_replicas(self._backend, self._name)
        found = {row.service: identity.read_depends_on(row.depends_on) for row in rows if not row.one_off}
        return {name: {d for d, edge in edges.items() if edge["restart"]} for name, edges in found.items()}

    async def _pre_stop(self, row: Replica) -> None:
        """Runs its hooks, where a command can run: in a container that is frozen or about to start anew none can."""
        if row.status == "running":
            await self._hooks(row, "pre_stop")

    async def _hooks(self, row: Replica, kind: str) -> None:
        if self._project is None or row.service not in self._project.services:
            return
        for index, hook in enumerate(getattr(hooks(self._project.to_dict(), row.service), kind)):
            await run_hook(self._backend, row.id, hook, row.service, f"{kind}[{index}]")
