"""start, stop, restart, pause, unpause, kill, remove: over the containers there are, in dependency order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from perry_ffi.advice import Advice, Operation, Option
from perry_ffi.errors import NotFound
from perry_ffi.runtime.readiness import started
from perry_ffi.runtime.urgent_stop import stop, unless
from perry_ffi.stack.anonymous import remove_with
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.hooks import run_hook
from perry_ffi.stack.inside import engine_with
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.observed import Replica
from perry_ffi.stack.order import chosen, edges_of
from perry_ffi.stack.relations import cut_off, is_done
from perry_ffi.stack.services import require_services
from perry_ffi.stack.steps.verbs import Kill, Pause, Remove, Restart, Start, Stop, Unpause
from perry_ffi.stack.steps.verbs import Verb as Step
from perry_ffi.stack.translate.hooks import hooks
from perry_ffi.stack.verb_walk import VerbWalk

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.compose.project import Project

T = TypeVar("T")
P = ParamSpec("P")


def _told(work: Callable[Concatenate[Lifecycle, P], Awaitable[T]]) -> Callable[Concatenate[Lifecycle, P], Awaitable[T]]:
    """Has a verb told by its name, from its begin to its end."""

    @wraps(work)
    async def told(self: Lifecycle, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self.doing.as_verb(work.__name__):
            return await work(self, *args, **kwargs)

    return told


class Words(NamedTuple):
    """What is done to a row, as steps tell it."""

    start: type[Step] = Start
    stop: type[Step] = Stop
    restart: type[Step] = Restart
    remove: type[Step] = Remove


def lifecycle(context: StackContext, name: str, project: Project | None, *, rehearse: bool = False) -> Lifecycle:
    """The verbs over one project, as the engine has its services. rehearse: as of ``Lifecycle``."""
    if context.backend.services is None:
        return Lifecycle(context, name, project, rehearse=rehearse)
    from perry_ffi.stack.cluster.lifecycle import ClusterLifecycle

    return ClusterLifecycle(context, name, project, rehearse=rehearse)


class Lifecycle(VerbWalk):
    """The verbs over one project. services: ``None`` all but orphans, which only a project that is known has, an empty list none;
    NotFound for one that is not there.

    ``start`` brings along what the services need, and ``restart`` those who restart with them; the others touch these alone.
    Each thing that is done to a container is told as a step. rehearse: nothing is done, and ``plan`` has what would be.
    """

    words = Words()

    @_told
    async def start(self, services: Sequence[str] | None, timeout: float | None = None, *, wait: bool = False) -> None:
        """Starts what does not run and what that depends on, dependencies first, each when the conditions on them hold.

        A job that is done runs again only where it is named. What runs in the namespaces of one that starts is restarted
        after it, for it was cut off. timeout: seconds that a condition may take. wait: until all of them are ready, each for as
        long. Raises NotFound, before anything starts, where a condition is about a service that has no container.
        """
        async with self._context.locked(self._name):
            rows, runs, found = await self._look()
            named = chosen(self._project, found.edges, rows, services)
            wanted = found.with_dependencies(named)
            starting = {row.id for row in rows if row.service in wanted and not row.running}
            starting -= {row.id for row in rows if is_done(row, found) and (services is None or row.service not in named)}
            again = cut_off(rows, starting)
            self._check_conditions(found, rows, starting)
            self._warn_of_runs(runs, starting | again)

            async def one(row: Replica) -> None:
                if row.id in again:
                    await self._restart(row, None, f"it is in the namespaces of {_owners(row, rows)}")
                elif row.id in starting:
                    cause = "asked for" if services is None or row.service in named else "needed"
                    await self.doing.step(self.words.start(row.name, row.service, row.id), cause, lambda: self._started(row))

            touched = wanted | {row.service for row in rows if row.id in again}
            await self._when_it_holds(found, rows, touched, one, timeout, wait=wait)

    async def _started(self, row: Replica) -> None:
        await started(self._backend, row.id, row.service, row.name, SERVICES)
        await self._hooks(row, "post_start")

    @_told
    async def stop(self, services: Sequence[str] | None, timeout: float | None = None) -> None:
        """Stops what runs, dependents first. timeout: seconds before a container is killed; ``None`` its own."""

        async def one(row: Replica) -> None:
            if row.running:
                step = self.words.stop(row.name, row.service, row.id)
                await self.doing.step(step, "asked for", lambda: self._ended(row, timeout))

        async with self._context.locked(self._name):
            await self._in_order(services, one, dependents_first=True)

    async def _ended(self, row: Replica, timeout: float | None) -> None:
        await unless(self._context.urgent, lambda: self._pre_stop(row))
        await stop(self._backend, row.id, timeout, self._context.urgent)

    @_told
    async def restart(self, services: Sequence[str] | None, timeout: float | None = None, *, dependents: bool = True) -> None:
        """Restarts, dependencies first, each when the conditions on them hold.

        Those in the namespaces of one that restarts do so after it, for they are cut off. dependents: so do those that ask
        for it (``restart: true``), and so on. Who is not named stays as it is if it is a job that is done, or was never
        started. timeout: seconds before a container is killed; ``None`` its own.
        """
        async with self._context.locked(self._name):
            rows, runs, found = await self._look()
            named = chosen(self._project, found.edges, rows, services)
            wanted = found.with_restarting(named, dependents)
            also = wanted - named
            touched = {row.id for row in rows if row.service in named}
            touched |= {row.id for row in rows if row.service in also and row.status != "created" and not is_done(row, found)}
            inside = {row.id for row in rows if row.id in touched and not touched.isdisjoint(row.joined)}
            self._warn_of_runs(runs, touched)
            for row in rows:
                if row.id in inside and not self.doing.rehearse:
                    await self._pre_stop(row)

            async def one(row: Replica) -> None:
                if row.id in touched:
                    cause = "asked for" if row.service in named else "restarts with what it depends on"
                    await self._restart(row, timeout, cause, hooks_before=row.id not in inside)

            await self._when_it_holds(found, rows, wanted, one, None)

    async def _restart(self, row: Replica, timeout: float | None, cause: str, *, hooks_before: bool = False) -> None:
        async def again() -> None:
            if hooks_before:
                await self._pre_stop(row)
            if row.status == "paused":
                await self._backend.unpause_container(row.id)
            await self._backend.restart_container(row.id, timeout)
            await self._hooks(row, "post_start")

        await self.doing.step(self.words.restart(row.name, row.service, row.id), cause, again)

    @_told
    async def pause(self, services: Sequence[str] | None) -> None:
        await self._each_container(
            services, Pause, "asked for", lambda engine, row: engine.pause_container(row.id),
            concerns=lambda row: row.status == "running", dependents_first=True,
        )  # fmt: skip

    @_told
    async def unpause(self, services: Sequence[str] | None) -> None:
        await self._each_container(
            services, Unpause, "asked for", lambda engine, row: engine.unpause_container(row.id),
            concerns=lambda row: row.status == "paused",
        )  # fmt: skip

    @_told
    async def kill(self, services: Sequence[str] | None, signal: str) -> None:
        await self._each_container(
            services, Kill, signal, lambda engine, row: engine.kill_container(row.id, signal),
            concerns=lambda row: row.running, dependents_first=True,
        )  # fmt: skip

    async def _each_container(
        self, services: Sequence[str] | None, step: type[Step], cause: str, work: Callable[[Backend, Replica], Awaitable[None]],
        *, concerns: Callable[[Replica], bool], dependents_first: bool = False,
    ) -> None:  # fmt: skip
        """Does ``work`` to the single containers of services, by the engine that has each. concerns: to these alone."""

        async def one(row: Replica) -> None:
            async def done() -> None:
                await work(await engine_with(self._context, row), row)

            if concerns(row):
                await self.doing.step(step(row.name, row.service, row.id), cause, done)

        async with self._context.locked(self._name):
            await self._in_order(services, one, dependents_first=dependents_first, rows=await self._containers())

    async def stopped(self, services: Sequence[str] | None, *, running: bool = False) -> list[str]:
        """The names of the containers that ``remove`` would remove: those that do not run; running: all."""
        rows = await self._of_services()
        wanted = chosen(self._project, edges_of(self._project, rows), rows, services)
        return [row.name for row in rows if row.service in wanted and (running or not row.running)]

    @_told
    async def remove(self, services: Sequence[str] | None, *, volumes: bool = False, running: bool = False) -> list[str]:
        """Removes the containers that do not run, dependents first, and gives their names.

        volumes: their anonymous volumes go too. running: those that run are stopped and removed as well.
        """
        gone = list[str]()

        async def one(row: Replica) -> None:
            if row.running and running:
                step = self.words.stop(row.name, row.service, row.id)
                await self.doing.step(step, "asked for", lambda: self._ended_for_good(row))
            if running or not row.running:
                step = self.words.remove(row.name, row.service, row.id)
                await self.doing.step(step, "asked for", lambda: self._removed(row, volumes=volumes))
                gone.append(row.name)

        async with self._context.locked(self._name):
            await self._in_order(services, one, dependents_first=True)
        return gone

    async def _ended_for_good(self, row: Replica) -> None:
        await stop(self._backend, row.id, None, self._context.urgent)

    async def _removed(self, row: Replica, *, volumes: bool) -> None:
        with suppress(NotFound):
            await remove_with(self._backend, row.id, volumes=volumes, places=row.file_volumes)
            for name in row.inherited if volumes else ():
                await self._backend.remove_volume(name)

    async def require(self, services: Sequence[str] | None) -> None:
        """Raises NotFound where one of ``services`` has no container; ``None``: where there is no container of any, though one
        shall be.
        """
        rows = await self._of_services()
        there = {row.service for row in rows}
        own = {} if self._project is None else self._project.services
        require_services(services, own, there)
        lacking = [service for service in services or () if service not in there]
        if services is None and self._project is not None and there.isdisjoint(self._project.all_services):
            lacking = [name for name in own if self._project.replicas(name)]
        if lacking or (self._project is None and not there):
            what = f"services.{lacking[0]}: it has no container" if lacking else f"project {self._name}: it has no containers"
            remedy = Advice("{} makes its containers", Operation("up", (Option("services", lacking),)))
            raise NotFound(what, project=self._name, missing=lacking, remedy=remedy)

    async def orphans(self) -> list[str]:
        """The services that have containers here and that the file does not have, if it is known."""
        rows = await self._of_services()
        known = {row.service for row in rows} if self._project is None else set(self._project.all_services)
        return sorted({row.service for row in rows} - known)

    # -- hooks ----------------------------------------------------------------------------------------

    @cached_property
    def _document(self) -> dict[str, Any]:
        return {} if self._project is None else self._project.to_dict()

    async def _pre_stop(self, row: Replica) -> None:
        """Runs its hooks, where a command can run: in a container that is frozen or about to start anew none can."""
        if row.status == "running":
            await self._hooks(row, "pre_stop")

    async def _hooks(self, row: Replica, kind: str) -> None:
        if self._project is None or row.service not in self._project.services:
            return
        for index, hook in enumerate(getattr(hooks(self._document, row.service), kind)):
            await run_hook(self._backend, row.id, hook, row.service, f"{kind}[{index}]")


def _owners(row: Replica, rows: Iterable[Replica]) -> str:
    """Those in whose namespaces a container is."""
    return " and ".join(other.name for other in rows if other.id in row.joined)
