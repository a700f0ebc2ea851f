"""A cluster in memory with the services of a project on it, made without an ``up``, for the verbs over what is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import anyio

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.contract.service_definition import RestartRule, ServiceDefinition, UpdatePolicy
from perry_ffi.backends.contract.service_records import ServiceState, TaskState
from perry_ffi.backends.contract.services import Services
from perry_ffi.backends.fake import FakeBackend, World
from perry_ffi.backends.fake.cluster import FakeCluster, TaskScript
from perry_ffi.model.base import validate
from perry_ffi.model.service import ServiceSpec
from perry_ffi.runtime.event_bus import EventBus
from perry_ffi.stack import identity
from perry_ffi.stack.context import StackContext

IMAGE = "registry.test/app:1"


class Served:
    """scripts: what the tasks of each service do, the first, the second and so on; the last goes for all others. engines: of
    nodes, by name.
    """

    def __init__(
        self,
        tmp_path: Path,
        nodes: int = 2,
        engines: Mapping[str, Backend] | None = None,
        **scripts: TaskScript | list[TaskScript],
    ) -> None:
        self._scripts = {name: list(row) if isinstance(row, list) else [row] for name, row in scripts.items()}
        self.cluster = FakeCluster(nodes, script=self._script, engines=engines)
        self.backend = FakeBackend(World(), cluster=self.cluster)
        self.bus = EventBus()
        self.context = StackContext(self.backend, tmp_path / "locks", "fake", self.bus)
        self.heard = self.bus.subscribe()

    def _script(self, task: Any) -> TaskScript:
        rows = self._scripts.get(task.definition.labels[identity.SERVICE], [TaskScript()])
        return rows.pop(0) if len(rows) > 1 else rows[0]

    @property
    def services(self) -> Services:
        assert self.backend.services is not None
        return self.backend.services

    async def serve(
        self, service: str, replicas: int | None = 1, *, project: str = "p", after: Mapping[str, Mapping[str, Any]] | None = None,
        restart: str = "on-failure", **container: Any,
    ) -> ServiceState:  # fmt: skip
        """Makes a service as ``up`` makes it, with the labels of one. after: what it depends on."""
        digest = f"hash-of-{service}"
        labels = identity.cluster_service_labels(
            project, service, digest=digest, definition=digest, image="sha256:1", reference=IMAGE, depends_on=after or {}, files=(),
            networks=(), transaction="t1",
        )  # fmt: skip
        spec = {"image": IMAGE, "labels": identity.cluster_task_labels(project, service, digest), **container}
        rule = RestartRule(restart)  # type: ignore[arg-type]
        update = UpdatePolicy(failure_action="continue" if restart == "none" else "rollback")
        definition = ServiceDefinition(
            f"{project}_{service}", validate(ServiceSpec, spec, "spec"), labels, replicas, restart=rule, update=update
        )  # fmt: skip
        return await self.services.service(await self.services.create_service(definition))

    async def tasks(self, service: str, project: str = "p") -> list[TaskState]:
        """Those of a service, oldest first."""
        return await self.services.tasks([(await self.services.service(f"{project}_{service}")).id])

    async def stand(self, *names: str, project: str = "p") -> None:
        """Waits until as many tasks run, or are done, as are wanted."""

        async def stand() -> bool:
            states = [await self.services.service(f"{project}_{name}") for name in names]
            tasks = [await self.tasks(name, project) for name in names]
            done = [sum(task.state == "complete" for task in rows) for rows in tasks]
            return all(state.running + ended >= max(state.wanted, 1) for state, ended in zip(states, done, strict=True))

        await until(stand)

    async def records(self, kind: str) -> list[dict[str, Any]]:
        """What was told of one kind since it was last asked."""
        self.bus.tell("asked")
        return [row for row in await self.heard.next() or () if row["kind"] == kind]


async def until(holds: Callable[[], Awaitable[object]]) -> None:
    """Waits until ``holds`` gives what is true."""
    with anyio.fail_after(20):
        while not await holds():
            await anyio.sleep(0.002)
