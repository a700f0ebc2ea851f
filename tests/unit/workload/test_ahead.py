"""What is done for nodes before their turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import anyio
import anyio.lowlevel
import pytest

from perry_ffi.errors import ContainerError, NotFound, ServiceStartupFailed
from perry_ffi.workload.ahead import PLACES
from perry_ffi.workload.graph import Graph, Node
from tests.unit.workload.runners import FakeRunner, edge, graph, node, walk_of

pytestmark = pytest.mark.anyio


@dataclass
class Preparing(FakeRunner):
    """slow: nodes whose preparation takes until their event is set. fails: why one cannot be prepared."""

    slow: dict[str, anyio.Event] = field(default_factory=dict)
    fails: dict[str, ContainerError] = field(default_factory=dict)
    preparing: set[str] = field(default_factory=set)
    most_prepared: int = 0

    async def prepare(self, node: Node) -> None:
        self.preparing.add(node.name)
        self.most_prepared = max(self.most_prepared, len(self.preparing))
        try:
            await super().prepare(node)
            if (event := self.slow.get(node.name)) is not None:
                await event.wait()
            if (error := self.fails.get(node.name)) is not None:
                raise error
        finally:
            self.preparing.discard(node.name)

    def prepared(self) -> list[str]:
        return [name for what, name in self.log if what == "prepare"]


def chain(*names: str) -> Graph:
    rows = list(pairwise(("", *names)))
    return graph(
        *(
            node(name, "job", level, [edge(name, before, "succeeded")] if before else [])
            for level, (before, name) in enumerate(rows)
        )
    )


async def a_while() -> None:
    for _ in range(50):
        await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize(
    ("strategy", "wanted"), [("dependencyAware", True), ("maxParallel", True), ("sequential", False), ("parallelSafe", False)]
)
async def test_only_where_order_does_not_matter(strategy: str, wanted: bool) -> None:
    runner = Preparing(work={"a": 20})
    await walk_of(chain("a", "b", "c"), runner, strategy=strategy).run()
    assert (runner.prepared() == ["b", "c"]) is wanted and bool(runner.prepared()) is wanted


async def test_in_the_order_of_turns_and_a_few_at_a_time() -> None:
    names = [f"n{number:02}" for number in range(20)]
    found = graph(node("a", "job"), *(node(name, "job", 1, [edge(name, "a", "succeeded")]) for name in reversed(names)))
    runner = Preparing(work={"a": 100})
    await walk_of(found, runner).run()
    assert runner.prepared() == names and runner.most_prepared == PLACES


async def test_what_has_no_place_yet_is_prepared() -> None:
    runner = Preparing(work={"a": 20})
    await walk_of(graph(node("a", "job"), node("b", "job")), runner, parallel=1).run()
    assert runner.prepared() == ["b"] and runner.log.index(("prepare", "b")) < runner.log.index(("run", "b"))


async def test_a_node_waits_for_what_has_begun_and_for_nothing_else() -> None:
    slow = {f"n{number}": anyio.Event() for number in range(PLACES)}
    found = graph(
        node("a", "job"), *(node(name, "job", 1, [edge(name, "a", "succeeded")]) for name in slow),
        node("z", "job", 1, [edge("z", "a", "succeeded")]),
    )  # fmt: skip
    runner = Preparing(slow=slow, work={"a": 10})
    walk = walk_of(found, runner)
    async with anyio.create_task_group() as group:
        group.start_soon(walk.run)
        await a_while()
        phases = walk.status()["phases"]
        assert phases == {"a": "succeeded", **dict.fromkeys(slow, "waiting"), "z": "succeeded"} and "z" not in runner.prepared()
        for event in slow.values():
            event.set()
    assert set(walk.status()["phases"].values()) == {"succeeded"}


async def test_a_failure_is_that_of_the_first_try() -> None:
    runner = Preparing(fails={"b": NotFound("no such image", image="b")}, work={"a": 20})
    walk = walk_of(chain("a", "b", "c"), runner, on_failure="partialContinue")
    await walk.run()
    status = walk.status()
    assert status["phases"] == {"a": "succeeded", "b": "failed", "c": "skipped"} and status["errors"] == {"b": "no such image"}
    assert status["details"]["b"]["attempt"] == 1 and "b" not in runner.ran()


async def test_it_is_tried_again() -> None:
    found = graph(node("a", "job"), node("b", "job", 1, [edge("b", "a", "succeeded")], retry={"limit": 1, "delay": 0}))
    runner = Preparing(fails={"b": NotFound("no such image", image="b")}, work={"a": 20})
    walk = walk_of(found, runner)
    await walk.run()
    assert walk.status()["details"]["b"]["attempt"] == 2 and walk.status()["phases"]["b"] == "succeeded"


async def test_one_that_never_runs_has_not_failed() -> None:
    runner = Preparing({"a": [1]}, fails={"b": NotFound("no such image", image="b")}, work={"a": 20})
    walk = walk_of(chain("a", "b"), runner, on_failure="partialContinue")
    await walk.run()
    assert walk.status()["phases"] == {"a": "failed", "b": "skipped"} and list(walk.status()["errors"]) == ["a"]


async def test_what_is_skipped_is_not_prepared() -> None:
    slow = {f"n{number}": anyio.Event() for number in range(PLACES)}
    found = graph(
        node("bad", "job"), node("long", "job"), *(node(name, "job", 1, [edge(name, "long", "succeeded")]) for name in slow),
        node("z", "job", 1, [edge("z", "bad", "succeeded")]),
    )  # fmt: skip
    runner = Preparing({"bad": [1]}, slow=slow, work={"long": 60, "bad": 10})
    walk = walk_of(found, runner, on_failure="partialContinue")
    async with anyio.create_task_group() as group:
        group.start_soon(walk.run)
        await a_while()
        for event in slow.values():
            event.set()
    assert walk.status()["phases"]["z"] == "skipped" and sorted(runner.prepared()) == sorted(slow)


async def test_a_halt_ends_it_though_jobs_go_on() -> None:
    long, never = anyio.Event(), anyio.Event()
    found = graph(
        node("bad", "job"), node("long", "job"), node("later", "job", 1, [edge("later", "long", "succeeded")]),
        node("last", "job", 2, [edge("last", "later", "succeeded")]),
    )  # fmt: skip
    runner = Preparing({"bad": [1]}, slow={"later": never, "last": never}, work={"bad": 20}, held={"long": long})
    walk = walk_of(found, runner, on_failure="haltGraph")

    async def halted() -> None:
        with pytest.raises(ServiceStartupFailed):
            await walk.run()

    async with anyio.create_task_group() as group:
        group.start_soon(halted)
        with anyio.fail_after(10):
            while walk.status()["phases"]["later"] != "cancelled" or runner.preparing:
                await anyio.lowlevel.checkpoint()
        assert "long" in runner.at_work
        long.set()
