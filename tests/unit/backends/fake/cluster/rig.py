"""A cluster in memory whose time the tests move, and short words for what they do to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from perry_ffi.backends.contract.service_definition import ServiceDefinition, UpdatePolicy
from perry_ffi.backends.contract.service_records import ServiceState, TaskState
from perry_ffi.backends.contract.services import Services
from perry_ffi.backends.fake import FakeBackend
from perry_ffi.backends.fake.cluster import FakeCluster, Task, TaskScript
from perry_ffi.model.service import ServiceSpec

SCRIPTS = {
    "crash": TaskScript(exit_code=3),
    "late-crash": TaskScript(exit_code=3, seconds=4),
    "job": TaskScript(exit_code=0, seconds=1),
    "sick": TaskScript(healthy_after=None),
    "tough": TaskScript(stops_after=60),
}
"""By the beginning of an image's name."""
CHECK = {"test": "true"}


def script(task: Task) -> TaskScript:
    return SCRIPTS.get(task.definition.container.image.partition(":")[0], TaskScript(stdout="up\n"))


def definition(image: str = "web:1", *, check: bool = False, **more: Any) -> ServiceDefinition:
    container = {"image": image, "labels": {"of": image}, **({"healthcheck": CHECK} if check else {})}
    return replace(ServiceDefinition("p_web", ServiceSpec.model_validate(container), replicas=3), **more)


START_FIRST = UpdatePolicy(order="start-first")


class Rig:
    """A cluster of three nodes and one service."""

    def __init__(self, **options: Any) -> None:
        self.cluster = FakeCluster(**{"script": script, "pace": None, **options})
        services = FakeBackend(cluster=self.cluster).services
        assert services is not None
        self.services: Services = services

    async def created(self, wanted: ServiceDefinition, seconds: float = 30) -> ServiceState:
        await self.services.create_service(wanted)
        return await self.after(seconds)

    async def updated(self, wanted: ServiceDefinition, seconds: float = 60) -> ServiceState:
        await self.services.update_service(await self.state(), wanted)
        return await self.after(seconds)

    async def after(self, seconds: float) -> ServiceState:
        self.cluster.clock.move(seconds)
        return await self.state()

    async def state(self) -> ServiceState:
        return await self.services.service("p_web")

    async def tasks(self) -> list[TaskState]:
        return await self.services.tasks([(await self.state()).id])

    async def wanted(self) -> list[TaskState]:
        return [task for task in await self.tasks() if task.wanted]

    async def states(self) -> Counter[str]:
        """How many of the tasks that shall run are in each state."""
        return Counter(task.state for task in await self.wanted())

    async def images(self) -> Counter[str]:
        """How many tasks run of each image."""
        return Counter(task.image for task in await self.wanted() if task.state == "running")
