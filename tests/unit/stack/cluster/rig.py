"""A cluster in memory and the verbs of stacks on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from perry_ffi.backends.contract.services import Services
from perry_ffi.backends.fake import Behaviour, FakeBackend, World
from perry_ffi.backends.fake.cluster import FakeCluster, Task, TaskScript
from perry_ffi.compose import Project, load_document
from perry_ffi.model.cleanup import CleanupReport
from perry_ffi.runtime.event_bus import EventBus
from perry_ffi.runtime.plan import Plan
from perry_ffi.stack import identity
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.down import down
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.up import plan, up

IMAGE = "registry.example/app:1"
ONE_NETWORK = {"networks": ["net"]}

Change = Callable[[dict[str, Any]], None]


def shop(change: Change | None = None, **more: Any) -> Project:
    """Five services: a database, what migrates it, those that serve it, those before these, and one aside. change: edits the document."""
    document: dict[str, Any] = {
        "name": "p",
        "services": {
            "db": {
                "image": IMAGE,
                "healthcheck": {"test": ["CMD", "true"], "interval": "1s"},
                "secrets": ["password"],
                **ONE_NETWORK,
            },
            "migrate": {
                "image": IMAGE,
                "depends_on": {"db": {"condition": "service_healthy"}},
                "configs": [{"source": "schema", "target": "/schema"}],
                **ONE_NETWORK,
            },
            "api": {
                "image": IMAGE,
                "deploy": {"replicas": 3, "update_config": {"order": "start-first"}},
                "depends_on": {"migrate": {"condition": "service_completed_successfully"}},
                **ONE_NETWORK,
            },
            "web": {"image": IMAGE, "scale": 2, "depends_on": ["api"], **ONE_NETWORK},
            "side": {"image": IMAGE, **ONE_NETWORK},
        },
        "networks": {"net": {}},
        "configs": {"schema": {"content": "one"}},
        "secrets": {"password": {"environment": "PASSWORD"}},
    }
    document.update(more)
    if change is not None:
        change(document)
    return load_document(document, env={"PASSWORD": "hidden"}, working_directory="/")


def project(services: dict[str, Any], **sections: Any) -> Project:
    filled = {key: {"image": IMAGE, **row} for key, row in services.items()}
    return load_document({"name": "p", "services": filled, **sections}, env={}, working_directory="/")


class Rig:
    """One cluster. behave: what the tasks of a service, by its name in the file, do; of the tasks of others nothing is to be said."""

    def __init__(self, tmp_path: Path, *, nodes: int = 3, **behave: TaskScript | Callable[[Task], TaskScript]) -> None:
        self.behave: dict[str, TaskScript | Callable[[Task], TaskScript]] = {"migrate": TaskScript(exit_code=0), **behave}
        self.cluster = FakeCluster(nodes, script=self._script)
        self.world = World(lambda box: Behaviour())
        self.backend = FakeBackend(self.world, cluster=self.cluster)
        self.bus = EventBus()
        self.context = StackContext(self.backend, tmp_path / "locks", "fake", self.bus)

    def _script(self, task: Task) -> TaskScript:
        found = self.behave.get(task.definition.container.labels.get(identity.SERVICE, ""), TaskScript())
        return found(task) if callable(found) else found

    @property
    def services(self) -> Services:
        assert self.backend.services is not None
        return self.backend.services

    async def up(self, wanted: Project, **options: Any) -> Plan:
        return await up(self.context, wanted, Up(**options))

    async def plan(self, wanted: Project, **options: Any) -> str:
        """The plan's whole text; making it must change nothing."""
        before = len(self.cluster.writes)
        found = await plan(self.context, wanted, Up(**options))
        assert len(self.cluster.writes) == before
        return found.text()

    async def down(self, name: str = "p", wanted: Project | None = None, **options: Any) -> CleanupReport:
        return await down(self.context, name, wanted, Down(**options))

    async def state(self) -> dict[str, Any]:
        """All that the cluster holds, as far as a user can tell."""
        services = {
            state.name: (state.wanted, state.running, state.image, dict(state.labels), dict(state.task_labels))
            for state in await self.services.services()
        }
        objects = {
            (kind, row.name, row.id) for kind in ("network", "config", "secret") for row in await self.services.objects(kind)
        }
        return {"services": services, "objects": objects}

    async def names(self) -> dict[str, int]:
        """How many tasks of each service run."""
        return {state.name: state.running for state in await self.services.services()}

    async def versions(self) -> dict[str, set[str]]:
        """The hashes of the tasks that run, by the service's name in the file."""
        states = await self.services.services()
        tasks = await self.services.tasks([state.id for state in states])
        names = {state.id: state.labels[identity.SERVICE] for state in states}
        found: dict[str, set[str]] = {}
        for task in tasks:
            if task.state == "running" and task.wanted:
                found.setdefault(names[task.service], set()).add(task.labels[identity.CONFIG_HASH])
        return found

    @property
    def calls(self) -> list[str]:
        return [call.method for call in self.cluster.calls]
