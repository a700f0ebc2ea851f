"""Anything that a program may pass about workload graphs, on an engine in memory: coded errors, and nothing that stays."""

from __future__ import annotations

import asyncio
import inspect
import json
import tempfile
from collections.abc import Awaitable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perry_ffi.api import streams, workloads
from perry_ffi.api.results import encode
from perry_ffi.backends.fake import Behaviour, Box, FakeBackend, World
from perry_ffi.errors import ContainerError, InternalError
from perry_ffi.service.client import Client
from tests.unit.workload.test_hostile import ANYTHING, OPTIONS, WHOLE, spoilt

_FOLDER = tempfile.TemporaryDirectory(prefix="perry-graphs-")
SMALL = {
    "name": "g",
    "nodes": {
        "a": {"image": "app", "kind": "job", "volumes": ["data:/d"], "timeout": 5, "outputs": {"o": {"from": "stdout"}}},
        "b": {"image": "app", "kind": "job", "env": {"O": {"nodeId": "a", "projection": "output", "name": "o"}}, "retry": {"limit": 0}},
        "c": {"image": "app", "kind": "job", "depends_on": {"b": {"condition": "completed"}}, "policy": {"egress": False}},
    },
    "volumes": {"data": {}},
}  # fmt: skip
NODE_NAMES = st.sampled_from([None, "", "a", "zz", "../a", "a\0", "a b", "é", "x" * 300])
DOCUMENTS = st.sampled_from(
    [b"", b"null", b"{}", b"[]", b"{", b'["a"]', b'[""]', b'{"nodes":["zz"]}', b'{"nodes":[]}', b'{"tail":-1}']
) | ANYTHING.map(lambda value: json.dumps(value).encode())
HANDLES = st.sampled_from(["the graph's", "a stream's", 0, -1, 4711])
HOW = settings(suppress_health_check=list(HealthCheck))


def _behaves(box: Box) -> Behaviour:
    return Behaviour(exit_code=0, stdout='{"up": 1}\n')


class Host:
    def __init__(self) -> None:
        self.world = World(_behaves)
        self.world.make_image("app")
        self.world.make_image("app:1")
        self.before = self._held()
        self.client = Client({"XDG_RUNTIME_DIR": _FOLDER.name, "HOME": _FOLDER.name})
        self.client._active = FakeBackend(self.world)

    def _held(self) -> tuple[set[str], set[str], set[str]]:
        return {box.id for box in self.world.boxes.values()}, set(self.world.networks), set(self.world.volumes)

    @property
    def as_before(self) -> bool:
        return self._held() == self.before


async def answered(call: Awaitable[Any]) -> Any:
    """What it gives, which can be told, or the error, which is the family's and no defect."""
    try:
        found = await asyncio.wait_for(call, 20)  # nothing here takes long: what does, hangs
    except ContainerError as error:
        assert not isinstance(error, InternalError), error
        json.dumps(error.to_dict())
        return error
    encode(found)
    return found


@settings(HOW, max_examples=250)
@given(document=spoilt(WHOLE), options=st.none() | spoilt(OPTIONS))
def test_a_plan_of_anything(document: bytes, options: bytes | None) -> None:
    async def plan() -> None:
        host = Host()
        await answered(workloads.plan_graph(host.client, document, options))
        assert host.as_before
        await host.client.aclose()

    asyncio.run(plan())


@settings(HOW, max_examples=60)
@given(document=spoilt(SMALL))
def test_a_run_of_anything(document: bytes) -> None:
    """What is refused made nothing, what fails was put back, and what ran can be taken down."""

    async def run() -> None:
        host = Host()
        found = await answered(workloads.run_graph(host.client, document, b'{"timeout": 10}'))
        if isinstance(found, int):
            await answered(workloads.status(host.client, found))
            report = await workloads.down(host.client, found, b'{"volumes": true}')
            assert not report.errors
        assert host.as_before, found
        await host.client.aclose()

    asyncio.run(run())


@settings(HOW, max_examples=60)
@given(data=st.data())
def test_any_arguments_with_a_handle(data: st.DataObject) -> None:
    names = ["status", "graph", "ps", "logs", "exec_", "events", "wait", "follow_logs", "down"]
    calls = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=5))

    async def call_them() -> None:
        host = Host()
        graph = await workloads.run_graph(host.client, json.dumps(SMALL).encode(), None)
        stream = await workloads.events(host.client, graph)
        for name in calls:
            function = getattr(workloads, name)
            handle = data.draw(HANDLES)
            arguments: list[Any] = [{"the graph's": graph, "a stream's": stream}.get(handle, handle)]
            for parameter in list(inspect.signature(function).parameters)[2:]:
                arguments.append(data.draw(NODE_NAMES if parameter == "node" else st.none() | DOCUMENTS))
            found = await answered(function(host.client, *arguments))
            if name in ("events", "follow_logs") and isinstance(found, int):
                await streams.close(host.client, found)
            if arguments[0] != graph:
                assert isinstance(found, ContainerError) and found.code in (400, 404), found
        await host.client.aclose()
        assert len(host.client.handles) == 0 and not host.world.listeners

    asyncio.run(call_them())
