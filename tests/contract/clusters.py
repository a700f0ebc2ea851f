"""Clusters for the tests of the contract's services: one in memory, and the lab's, each behind the same words."""

from __future__ import annotations

import re
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.contract.service_definition import FileUse, RestartRule, ServiceDefinition, UpdatePolicy
from perry_ffi.backends.contract.service_records import ServiceState, TaskState
from perry_ffi.backends.contract.services import Services
from perry_ffi.backends.contract.stream import Labels
from perry_ffi.backends.detect import connect
from perry_ffi.backends.fake import FakeBackend
from perry_ffi.backends.fake.cluster import FakeCluster, Task, TaskScript
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.service import ServiceSpec
from perry_ffi.settings import Settings
from tests.engines.swarm.lab import Lab, Node
from tests.live.proxy import Mode, proxy
from tests.swarm.asked import only_if_asked

BOUND = 60.0
"""Seconds after which a cluster has failed to do what it was asked."""
LABEL = "perry.test"
SLEEP = ("sleep", "600")
PASSES, FAILS = ({"test": ["CMD", word], "interval": "300ms", "retries": 1} for word in ("true", "false"))
QUICK = UpdatePolicy(monitor=0.2)
WATCHED = UpdatePolicy(monitor=2.0)
"""Of updates that fail after their start."""
START_FIRST = replace(QUICK, order="start-first")


Failing = Callable[[str, str], AbstractAsyncContextManager[Services]]
"""Given the name of a call, and how it fails as ``fake.cluster.faults`` has it (``refused``, ``lost``, ``never``)."""
CALLS = {
    "create_service": r"POST \S*/services/create", "update_service": r"POST \S*/services/\w+/update",
    "remove_service": r"DELETE \S*/services/", "create_file": r"POST \S*/configs/create",
}  # fmt: skip
"""How the calls go over the wire."""
MODES: dict[str, Mode] = {"refused": "refused", "lost": "unanswered", "never": "lost"}


@dataclass
class ClusterBench:
    """A cluster, and a name of the test's own that everything it makes begins with.

    image: each node can have it, and ``missing`` none. drain, activate, cut, power: what befalls a node, by its name. pause: seconds between
    two looks. failing: a client of it whose next call of a kind fails.
    """

    backend: Backend
    prefix: str
    image: str
    missing: str
    drain: Callable[[str], Any]
    activate: Callable[[str], Any]
    cut: Callable[[str], Any]
    power: Callable[[str], Any]
    pause: float
    failing: Failing = field(repr=False)

    @property
    def services(self) -> Services:
        assert self.backend.services is not None
        return self.backend.services

    @property
    def labels(self) -> dict[str, str]:
        return {LABEL: self.prefix}

    def named(self, name: str) -> str:
        return f"{self.prefix}_{name}"

    def defined(
        self, name: str = "a", *command: str, image: str = "", check: object = None, mark: str = "1", **more: Any
    ) -> ServiceDefinition:
        """A service that ends when it is told to, is started again soon, and watches its updates for a moment.

        mark: a label of its tasks, by which one version is told from another.
        """
        container = {
            "image": image or self.image, "cmd": list(command or SLEEP), "stop_timeout": 0, "labels": {"mark": mark},
            **({"healthcheck": check} if check else {}),
        }  # fmt: skip
        made = ServiceDefinition(
            self.named(name), ServiceSpec.model_validate(container), self.labels,
            restart=RestartRule("any", delay=0.2), update=QUICK, rollback=UpdatePolicy(0, monitor=0.2, failure_action="pause"),
            endpoint="dnsrr",
        )  # fmt: skip
        return replace(made, **more)

    async def create(self, definition: ServiceDefinition) -> ServiceState:
        """Made, and all of it runs."""
        await self.services.create_service(definition)
        return await self.until(definition.name, lambda state: 0 < state.running == state.wanted)

    async def update(self, definition: ServiceDefinition) -> None:
        await self.services.update_service(await self.state(definition.name), definition)

    async def state(self, name: str) -> ServiceState:
        return await self.services.service(name)

    async def tasks(self, state: ServiceState) -> list[TaskState]:
        return await self.services.tasks([state.id])

    async def wanted(self, state: ServiceState) -> list[TaskState]:
        return [task for task in await self.tasks(state) if task.wanted]

    async def until(self, name: str, met: Callable[[ServiceState], bool]) -> ServiceState:
        """The service, once it is as ``met`` wants it."""
        found: list[ServiceState] = []

        async def look() -> bool:
            found[:] = [await self.state(name)]
            return met(found[0])

        await self.eventually(look, lambda: found)
        return found[0]

    async def until_updated(self, name: str, *states: str) -> ServiceState:
        return await self.until(name, lambda state: state.update is not None and state.update.state in states)

    async def until_tasks(self, state: ServiceState, met: Callable[[list[TaskState]], bool]) -> list[TaskState]:
        found: list[TaskState] = []

        async def look() -> bool:
            found[:] = await self.tasks(state)
            return met(found)

        await self.eventually(look, lambda: found)
        return found

    async def eventually(self, look: Callable[[], Awaitable[bool]], seen: Callable[[], object] = lambda: None) -> None:
        with anyio.move_on_after(BOUND):
            while not await look():
                await anyio.sleep(self.pause)
            return
        pytest.fail(f"not within {BOUND:g} s: {seen()}")

    async def file(self, kind: str, name: str, content: bytes = b"x\n", **more: Any) -> FileUse:
        """A config or secret, as a service uses it."""
        ident = await self.services.create_file(kind, self.named(name), content, self.labels)
        return FileUse(ident, self.named(name), **{"target": f"/{name}", **more})

    async def clean(self) -> None:
        """Takes away what the test made, and waits until nothing of it runs."""
        left = await self.services.services(self.labels)
        for state in left:
            await self.services.remove_service(state.id)

        async def is_over() -> bool:
            return not await self.services.tasks([state.id for state in left])

        if left:
            await self.eventually(is_over)
        for kind in ("config", "secret", "network"):
            for found in await self.services.objects(kind, self.labels):
                with_patience = partial(self._remove, kind, found.id)
                await self.eventually(with_patience)

    async def _remove(self, kind: str, ident: str) -> bool:
        try:
            await self.services.remove_object(kind, ident)
        except Conflict:
            return False
        except NotFound:
            pass
        return True


def script(task: Task) -> TaskScript:
    """What a shell would make of the command."""
    words = " ".join(task.definition.container.cmd or ())
    code = re.search(r"exit (\d+)", words)
    waits = re.match(r"sh -c sleep ([\d.]+);", words)
    check = task.definition.container.healthcheck
    return TaskScript(
        exit_code=int(code[1]) if code else None,
        seconds=float(waits[1]) if waits else 0.0,
        stdout="".join(f"{line}\n" for line in re.findall(r"echo (\w+)", words)),
        healthy_after=None if check and "false" in check.test else 0.5,
        gives_up=0.5,
        stops_after=60.0,
    )


async def in_memory(request: pytest.FixtureRequest, home: Path) -> AsyncIterator[ClusterBench]:
    """Three nodes whose second is a hundredth of one."""
    cluster = FakeCluster(script=script, missing={"registry.test/missing:1"}, pace=0.01)
    backend = FakeBackend(cluster=cluster)

    @asynccontextmanager
    async def failing(call: str, outcome: str) -> AsyncIterator[Services]:
        assert backend.services is not None
        cluster.faults.fail(call, outcome=outcome)  # type: ignore[arg-type]
        yield backend.services

    names = ("registry.test/there:1", "registry.test/missing:1")
    befalls = (cluster.drain, cluster.activate, cluster.cut, cluster.restore_power)
    yield ClusterBench(backend, "", *names, *befalls, 0.001, failing)


async def in_lab(request: pytest.FixtureRequest, home: Path) -> AsyncIterator[ClusterBench]:
    """The lab's three nodes."""
    lab: Lab = request.getfixturevalue("swarm")
    nodes = {node.name: node for node in lab.nodes}
    backend = await _connected(lab.leader().socket, home)

    @asynccontextmanager
    async def failing(call: str, outcome: str) -> AsyncIterator[Services]:
        with tempfile.TemporaryDirectory() as folder:
            async with proxy(lab.leader().socket, Path(folder) / "p.sock") as before:
                between = await _connected(before.socket, home)
                before.arm(0, MODES[outcome], among=CALLS[call])
                assert between.services is not None
                yield between.services
                await between.aclose()

    names = (lab.image, f"{lab.registry}/missing:1")
    befalls = tuple(
        lambda name, act=act: act(nodes[name]) for act in (Node.drain, Node.activate, Node.power_cut, Node.power_on)
    )  # fmt: skip
    yield ClusterBench(backend, "", *names, *befalls, 0.1, failing)


async def _connected(socket: str | Path, home: Path) -> Backend:
    environ = {"HOME": str(home), "DOCKER_HOST": f"unix://{socket}", "PERRY_CONTAINER_PROBE_TIMEOUT": "60"}
    return await connect(Settings.from_environ(environ), ["swarm"])


CLUSTERS = [
    pytest.param(in_memory, id="fake"),
    pytest.param(in_lab, id="swarm", marks=(pytest.mark.live, only_if_asked)),
]


@pytest.fixture(params=CLUSTERS)
async def cluster(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ClusterBench]:
    """Each cluster, one after the other."""
    async for bench in request.param(request, tmp_path):
        bench.prefix = f"pt{secrets.token_hex(4)}"
        yield bench
        await bench.clean()
        await bench.backend.aclose()


def with_labels(definition: ServiceDefinition, labels: Labels) -> ServiceDefinition:
    return replace(definition, labels={**definition.labels, **{name: value or "" for name, value in labels.items()}})


__all__ = ["FAILS", "PASSES", "QUICK", "START_FIRST", "WATCHED", "ClusterBench", "cluster", "with_labels"]
