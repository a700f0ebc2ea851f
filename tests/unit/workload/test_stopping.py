"""What is not to go on stops, or is warned of."""

from __future__ import annotations

import anyio
import pytest

from perry_ffi.runtime.event_bus import EventBus
from perry_ffi.workload import stopping
from perry_ffi.workload.graph import Node
from perry_ffi.workload.stopping import Stopping
from tests.unit.workload.runners import FakeRunner, graph, node, walk_of

pytestmark = pytest.mark.anyio


async def test_one_that_does_not_stop_is_warned_of_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(FakeRunner):
        async def stop(self, node: Node) -> None:
            if node.name == "slow":
                await anyio.sleep_forever()
            await super().stop(node)

    monkeypatch.setattr(stopping, "SECONDS", 0.05)
    bus = EventBus()
    heard = bus.subscribe()
    nodes = [node("slow", "job"), node("bad", "job"), node("good", "job")]
    runner = Slow(never_stop=frozenset(["bad"]))
    walk_of(graph(*nodes), runner)
    stops = Stopping(runner, bus)
    with anyio.fail_after(10):
        await stops.stop_all(nodes)
    bus.tell("end")
    warned = {record["node"]: record["message"] for record in await heard.next() or () if record["kind"] == "warning"}
    assert warned == {"slow": "nodes.slow: it did not stop within 0.05 s", "bad": "it does not stop"}
    assert await stops.stop(nodes[2]) and not await stops.stop(nodes[1])


async def test_nothing_is_stopped_by_who_is_cancelled() -> None:
    runner = FakeRunner()
    walk_of(graph(node("a", "job")), runner)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await Stopping(runner, EventBus()).stop(node("a", "job"))
    assert runner.log == []
