"""Waits for services outside of a plan: until they are what others need, until their tasks were replaced, until none runs any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.contract.service_records import ENDED
from perry_ffi.errors import ContainerError, ServiceStartupFailed, Timeout
from perry_ffi.runtime.readiness import DEFAULT_SECONDS
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.readiness import Expected
from perry_ffi.stack.cluster.rows import (
    engine_with,
    is_one_off,
    node_of,
    own_services,
    service_of,
    service_rows,
    task_info,
    task_name,
)
from perry_ffi.stack.cluster.waiting import ServiceReadiness
from perry_ffi.stack.cluster.watch import PATIENCE_SECONDS, ClusterWatch, watching_services
from perry_ffi.stack.conditions import hold
from perry_ffi.stack.index import Index
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.observed import replica

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import ServiceState, TaskState
    from perry_ffi.stack.context import StackContext
    from perry_ffi.stack.edges import Edge

_GIVEN_UP = ("paused", "rolling_back", "rolled_back", "rollback_paused")


class ServiceWaits:
    """As ``Readiness``, for services that are there. states: by the names that the project has for them. former: by the same names the
    ids of tasks of which nothing is to be told any more.
    """

    def __init__(
        self, context: StackContext, watch: ClusterWatch, states: Mapping[str, ServiceState],
        former: Mapping[str, frozenset[str]] | None = None,
    ) -> None:  # fmt: skip
        services = context.backend.services
        assert services is not None
        self._context, self._services, self._watch, self._states = context, services, watch, states
        self._former = former or {}
        self._readiness = ServiceReadiness(
            context.backend, services, watch, context.bus, self._expected, lambda name: states[name].id,
            lambda name: states[name].image,
        )  # fmt: skip

    def _expected(self, service: str) -> Expected:
        version = self._states[service].labels.get(identity.CONFIG_HASH, "")
        return Expected(version, None, None, former=self._former.get(service, frozenset()))

    async def until(self, owner: str, target: str, condition: str, seconds: float | None, waited_by: Sequence[str] = ()) -> None:
        """Waits until the tasks of the service ``owner`` meet ``condition``. Raises as ``ServiceReadiness.until``."""
        await self._readiness.until(owner, condition, seconds)

    async def until_replaced(self, state: ServiceState, former: frozenset[str]) -> None:
        """Waits until none of the tasks ``former`` is wanted any more, and others are there: of these a wait for the service is.

        Raises ServiceStartupFailed where the engine gave it up, Timeout after 15 minutes.
        """
        bound, service = DEFAULT_SECONDS, service_of(state)

        def look(found: ServiceState | None, tasks: Sequence[TaskState]) -> bool | None:
            update = found.update if found is not None else None
            if found is None or (update is not None and update.state in _GIVEN_UP and update != state.update):
                reason = "it was removed meanwhile" if update is None else f"its tasks could not be replaced: {update.message}"
                raise ServiceStartupFailed(f"services.{service}: {reason}", reason=reason, **SERVICES.details(service))
            old = any(task.wanted and task.id in former for task in tasks)
            return None if old or (found.wanted and all(task.id in former for task in tasks)) else True

        with anyio.move_on_after(bound) as scope:
            await self._watch.until(state.id, look)
        if scope.cancelled_caught:
            raise Timeout(
                f"services.{service}: its tasks were not replaced within {bound:g} s", waitedFor=f"{service} restarted",
                seconds=bound, **SERVICES.details(service),
            )  # fmt: skip

    async def until_ended(self, state: ServiceState) -> None:
        """Waits until no task of a service that shall have none runs on a node that answers. In haste they are killed, where their
        nodes' engines are known. Raises Timeout after 15 minutes.
        """
        silent: set[str] = set()
        left: list[TaskState] = []

        def look(found: ServiceState | None, tasks: Sequence[TaskState]) -> bool | None:
            left[:] = [task for task in tasks if task.state not in ENDED and task.container and task.node not in silent]
            return None if left else True

        async with anyio.create_task_group() as group:
            group.start_soon(self._kill_when_urgent, state, left)
            with anyio.move_on_after(DEFAULT_SECONDS) as bound:
                done: bool | None = None
                while not done:
                    with anyio.move_on_after(PATIENCE_SECONDS):
                        done = await self._watch.until(state.id, look)
                    if not done:
                        silent |= {node.id for node in await self._services.nodes() if not node.up}
            group.cancel_scope.cancel()
        if bound.cancelled_caught:
            names = ", ".join(sorted(f"{task_name(state, task)} on {node_of(task)}" for task in left))
            raise Timeout(
                f"services.{service_of(state)}: {names} did not end within {DEFAULT_SECONDS:g} s", seconds=DEFAULT_SECONDS,
                waitedFor=f"{service_of(state)} stopped", **SERVICES.details(service_of(state)),
            )  # fmt: skip

    async def _kill_when_urgent(self, state: ServiceState, left: Sequence[TaskState]) -> None:
        await self._context.urgent.wait()
        for task in list(left):
            row = replica(self._context.backend, task_info(state, task))
            with suppress(ContainerError):  # It ended by itself, or nobody said how its node is reached.
                await (await engine_with(self._services, row)).kill_container(row.id, "SIGKILL")


async def hold_for(context: StackContext, project: str, service: str, edges: Mapping[str, Edge]) -> None:
    """Waits until the conditions hold on what a container of ``service`` needs. Raises as ``conditions.hold``."""
    services = context.backend.services
    assert services is not None
    states = {service_of(state): state for state in await own_services(services, project) if not is_one_off(state)}
    there = Index(await service_rows(services, project))
    async with watching_services(services, {identity.PROJECT: project}) as watch:
        await hold(ServiceWaits(context, watch, states), context.bus, service, edges, there, edges, None)
