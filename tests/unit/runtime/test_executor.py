"""Plans that are of no Compose project: nodes of a graph, with specs and labels of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour, FakeBackend, World
from perry_ffi.errors import BackendError, ServiceStartupFailed
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerInfo, ContainerSpec
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.volume import VolumeSpec
from perry_ffi.runtime import naming
from perry_ffi.runtime.action import EngineAction
from perry_ffi.runtime.actions.containers import CreateContainer, RemoveContainer, StartContainer, StopContainer, Wait
from perry_ffi.runtime.actions.objects import CreateNetwork, CreateVolume, PullImage
from perry_ffi.runtime.event_bus import EventBus
from perry_ffi.runtime.executor import Execution
from perry_ffi.runtime.naming import Naming
from perry_ffi.runtime.plan import Plan, PlanBuilder, Step
from perry_ffi.runtime.readiness import Readiness
from perry_ffi.runtime.rollback import UndoLog
from perry_ffi.runtime.run import Run
from perry_ffi.runtime.watch import watching

pytestmark = pytest.mark.anyio

NODES = Naming(group="graph", owner="node", section="nodes")
LABEL = "example.run"
COMPOSE = re.compile(r"(?i)service|project|compose|replica")


@dataclass
class Specs:
    """Containers of one image on one network."""

    labels: dict[str, str] = field(default_factory=lambda: {LABEL: "r1"})

    def network(self, action: CreateNetwork) -> NetworkSpec:
        return validate(NetworkSpec, {"labels": self.labels})

    def volume(self, action: CreateVolume) -> VolumeSpec:
        return validate(VolumeSpec, {"labels": self.labels})

    async def container(self, action: CreateContainer) -> ContainerSpec:
        return validate(ContainerSpec, {"image": "app", "networks": ["g"], "labels": {**self.labels, "node": action.owner or ""}})

    def again(self, spec: ContainerSpec, info: ContainerInfo) -> tuple[ContainerSpec, list[str]]:
        return spec, []


def graph() -> Plan:
    """A database, and an application that waits for it."""
    builder = PlanBuilder("shop", NODES)
    pulled = builder.add(PullImage("app", "db"), "missing")
    network = builder.add(CreateNetwork("g", None, key="g"), "missing")
    volume = builder.add(CreateVolume("v", None, key="v"), "missing")
    db = builder.add(CreateContainer("db", "db", 1, "db"), "missing", [pulled, network, volume])
    started = builder.add(StartContainer("db", "db"), "missing", [db])
    ready = builder.add(Wait("db started", "db", ("db",), "started"), "api needs it", [started])
    api = builder.add(CreateContainer("api", "api", 1, "api"), "missing", [network, pulled])
    builder.add(StartContainer("api", "api"), "missing", [api, ready])
    return builder.build()


def engine(**behave: Behaviour) -> FakeBackend:
    world = World(lambda box: behave.get(box.name, Behaviour()))
    world.remote.add("app")
    return FakeBackend(world)


async def run(backend: FakeBackend, plan: Plan, bus: EventBus | None = None) -> UndoLog:
    """Carries the plan out; the log that can put it back."""
    bus = bus or EventBus()
    undo = UndoLog(backend, "r1", LABEL)
    async with watching(backend, {LABEL: "r1"}) as watch:
        shared = Run(backend, undo, bus, NODES, Specs(), {LABEL: "r1"}, Readiness(backend, watch, NODES))

        async def perform(step: Step) -> None:
            assert isinstance(step.action, EngineAction)
            await step.action.perform(shared)

        try:
            await Execution(plan, perform, bus, backend.parallel_calls).run()
        except Exception:
            assert await undo.roll_back() == []
            raise
    return undo


def names(backend: FakeBackend) -> dict[str, str]:
    return {box.name: box.status for box in backend.world.boxes.values()}


def test_a_plan_names_its_parts_as_it_is_told() -> None:
    found = graph().to_dict()
    assert found["graph"] == "shop"
    assert found["steps"][3] == {
        "step": 4, "action": "create container", "target": "db", "cause": "missing", "node": "db", "after": [1, 2, 3],
    }  # fmt: skip


async def test_it_is_carried_out_and_told() -> None:
    backend, bus = engine(), EventBus()
    listener = bus.subscribe()
    await run(backend, graph(), bus)
    assert names(backend) == {"db": "running", "api": "running"}
    told: list[Any] = [row for row in await listener.next() or () if row["kind"] == "step" and row["state"] == "done"]
    assert {row["target"]: row.get("node") for row in told if row["action"] == "start container"} == {"db": "db", "api": "api"}


async def test_what_fails_is_put_back_and_names_whose_it_was() -> None:
    backend = engine(api=Behaviour(start_error="no such command"))
    with pytest.raises(BackendError) as caught:
        await run(backend, graph())
    assert caught.value.details["node"] == "api" and "service" not in caught.value.details
    assert names(backend) == {} and "g" not in backend.world.networks and not backend.world.volumes


async def test_a_wait_that_cannot_end_well() -> None:
    builder = PlanBuilder("shop", NODES)
    last = builder.add(PullImage("app", "db"), "missing")
    last = builder.add(CreateNetwork("g", None, key="g"), "missing", [last])
    last = builder.add(CreateContainer("db", "db", 1, "db"), "missing", [last])
    last = builder.add(StartContainer("db", "db"), "missing", [last])
    builder.add(Wait("db completed", "db", ("db",), "completed"), "asked for", [last])
    with pytest.raises(ServiceStartupFailed, match=r"^nodes\.db: db: it ended with exit code 3") as caught:
        await run(engine(db=Behaviour(exit_code=3)), builder.build())
    assert caught.value.details["node"] == "db"


async def test_removals_come_last_and_what_ran_before_runs_again() -> None:
    """One container: stopped by a plan that fails afterwards, and removed by one that does not."""
    backend = engine()
    await run(backend, graph())
    ident = backend.world.find("api").id

    def plan(name: str) -> Plan:
        builder = PlanBuilder("shop", NODES)
        stopped = builder.add(StopContainer("api", "api", ident), "over")
        builder.add(StartContainer(name, "db"), "again", [stopped])
        builder.add(RemoveContainer("api", "api", ident), "over", [stopped])
        return builder.build()

    with pytest.raises(Exception, match="no such container"):
        await run(backend, plan("nobody"))
    assert names(backend) == {"db": "running", "api": "running"} and backend.world.find("api").starts == 2
    await run(backend, plan("db"))
    assert names(backend) == {"db": "running"}


def test_no_module_of_the_room_speaks_of_compose() -> None:
    """Whoever has plans gives it the words in ``Naming``; an error's kind is the same for all of them."""
    room = Path(naming.__file__).parent
    texts = {str(path.relative_to(room)): path.read_text().replace("ServiceStartupFailed", "") for path in room.rglob("*.py")}
    assert {name for name, text in texts.items() if COMPOSE.search(text)} == {"__init__.py", "naming.py"}
