"""A stack: a project on an engine, behind a handle. The handle holds no state that the engine does not hold too."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from perry_ffi.cancellation import one_error
from perry_ffi.errors import ContainerError, NotFound
from perry_ffi.model.event import EngineEvent, EventAction, HealthStatus
from perry_ffi.runtime.event_bus import EventBus, Subscription
from perry_ffi.runtime.probes import current_health
from perry_ffi.runtime.watch import watching
from perry_ffi.stack import identity
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.elsewhere import present_replicas
from perry_ffi.stack.lifecycle import Lifecycle, lifecycle
from perry_ffi.stack.options import Up
from perry_ffi.stack.up import up

if TYPE_CHECKING:
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.compose.project import Project


class Stack:
    """One project.

    project: its model; ``None`` where it was attached to by its name alone. owned: this process brought it up. environ:
    for substitution in the files of one that was attached to.
    """

    def __init__(
        self, context: StackContext, name: str, project: Project | None, *, owned: bool = False,
        environ: Mapping[str, str] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self.bus = EventBus(context.bus)
        self.context = context.with_bus(self.bus)
        self.name = name
        self.project = project
        self.owned = owned
        self._environ = environ
        self.scaled: dict[str, int] = {}
        """How many containers services were given through this handle, instead of what the model says."""
        self._follower: asyncio.Task[None] | None = None
        self._following: asyncio.Future[None]
        self._prober: asyncio.Task[None] | None = None

    async def lifecycle(self) -> Lifecycle:
        """start, stop, restart, pause, unpause, kill."""
        return lifecycle(self.context, self.name, await self.model_if_there())

    @property
    def known(self) -> Container[str]:
        """The services that its model has, if it is known here."""
        return () if self.project is None else self.project.all_services

    async def model(self) -> Project:
        """Its model; of one that was attached to as its files have it now. Raises Conflict where nobody knows it."""
        if self.project is not None:
            return self.project
        from perry_ffi.stack.project_lookup import find_model

        return await find_model(self.context, self.name, self._environ)

    async def model_if_there(self) -> Project | None:
        """The same, for verbs that do without: it tells of hooks."""
        if self.project is not None:
            return self.project
        from perry_ffi.stack.project_lookup import model_if_there

        return await model_if_there(self.context, self.name, self._environ)

    async def scale(self, replicas: dict[str, int]) -> None:
        """Changes the numbers of containers; what is there and right is left alone."""
        options = Up(services=tuple(replicas), scale=replicas, no_recreate=True, dependencies=False, keep_networks=True)
        await up(self.context, await self.model(), options)
        self.scaled.update(replicas)

    async def events(self) -> Subscription:
        """What happens to the stack from now on: steps of verbs, warnings, and the engine's events of its containers."""
        listener = self.bus.subscribe()
        if self._follower is None or self._follower.done():
            self._following = asyncio.get_running_loop().create_future()
            self._follower = asyncio.get_running_loop().create_task(self._follow(self._following))
        try:
            # One who leaves takes the events from nobody else.
            await asyncio.shield(self._following)
        except BaseException:
            self.bus.forget(listener)
            raise
        return listener

    @property
    def probes(self) -> bool:
        """Whether health checks are run while this handle is open, if the engine does not run them."""
        return self._prober is not None and not self._prober.done()

    def begin_probes(self) -> None:
        """Has the library run the health checks of its containers while the handle is open, if the engine does not."""
        self._prober = asyncio.get_running_loop().create_task(self._probe())

    async def _probe(self) -> None:
        from perry_ffi.stack.containers.prober import run_probes

        try:
            with one_error():
                await run_probes(self.context.backend, self.name, self.project)
        except ContainerError as error:
            self.bus.tell("warning", message=f"health checks are not run any more: {error.message}")

    async def _follow(self, ready: asyncio.Future[None]) -> None:
        """Tells the engine's events for as long as the handle is open."""
        try:
            if self.context.backend.services is not None:
                return await self._follow_services(self.context.backend.services, ready)
            async with watching(self.context.backend, identity.watched(self.name), self._tell):
                ready.set_result(None)
                await asyncio.get_running_loop().create_future()
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            else:
                raise

    async def _follow_services(self, services: Services, ready: asyncio.Future[None]) -> None:
        from perry_ffi.stack.cluster.events import ClusterEvents

        stream = await ClusterEvents(services, self.name).open()
        try:
            ready.set_result(None)
            while (batch := await stream.next()) is not None:
                for event in batch:
                    await self._tell(event)
        finally:
            await stream.aclose()

    async def _tell(self, event: EngineEvent) -> None:
        if event.kind == "container" and not identity.is_of(event.attributes, self.name):
            return
        health = event.health
        if event.action == EventAction.HEALTH and health is None:
            health = await self._health(event.id)
        self.bus.tell(
            event.kind, action=event.action, id=event.id, name=event.name, **self._about(event.attributes),
            exitCode=event.exit_code, health=health, engineTime=event.time,
        )  # fmt: skip

    def _about(self, labels: Mapping[str, str]) -> dict[str, Any]:
        """Whose container it is."""
        told = {"service": identity.label(labels, identity.SERVICE)}
        return told if self.context.backend.services is None else {**told, "node": labels.get("node")}

    async def _health(self, ident: str) -> HealthStatus | None:
        """What an engine's event leaves out (podman 4)."""
        with suppress(ContainerError):
            return await current_health(self.context.backend, await self.context.backend.inspect_container(ident))
        return None

    async def aclose(self) -> None:
        """Forgets the stack; its containers go on."""
        for task in filter(None, (self._follower, self._prober)):
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.exception()
        self.bus.end()


async def attach(context: StackContext, name: str, environ: Mapping[str, str]) -> Stack:
    """The stack of a project that is there already. Raises NotFound if no engine has anything of it, Conflict if another has."""
    if context.backend.services is not None:
        from perry_ffi.stack.cluster.rows import own_services

        if not await own_services(context.backend.services, name):
            raise NotFound(f"project {name}: the engine has no service of it", project=name)
    elif not await present_replicas(context, name):
        raise NotFound(f"project {name}: the engine has no container of it", project=name)
    return Stack(context, name, None, environ=environ)
