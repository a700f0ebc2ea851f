"""Random graphs, walked: what must hold of every walk, and the end that a walk-less model says."""

from __future__ import annotations

import os
import random
from contextlib import suppress
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from perry_ffi.errors import BackendError, ContainerError, Timeout
from perry_ffi.runtime.event_bus import EventBus
from perry_ffi.workload.graph import Edge, Graph, Node
from perry_ffi.workload.phases import ALLOWED, FINAL
from perry_ffi.workload.walk import Walk
from tests.unit.workload.runners import FakeRunner, graph, node, walk_of

pytestmark = pytest.mark.anyio
GRAPHS = int(os.environ.get("PERRY_TEST_GRAPHS", "400"))
ON_JOB = ("started", "succeeded", "succeeded", "completed", "failed")
ON_SERVICE = ("started", "ready", "ready", "failed", "completed")


def drawn(chance: random.Random) -> tuple[Graph, FakeRunner, dict[str, Any]]:
    """A graph of up to 60 nodes, what becomes of each, and how it is run."""
    nodes: list[Node] = []
    for number in range(chance.randint(1, 60)):
        name, kind = f"n{number:02}", chance.choice(("service", "job", "job"))
        others = chance.sample(nodes, min(len(nodes), chance.choice((0, 1, 1, 2, 3))))
        edges = [
            Edge(name, other.name, chance.choice(ON_JOB if other.kind == "job" else ON_SERVICE), required=chance.random() > 0.15)
            for other in others
        ]  # fmt: skip
        level = 1 + max((other.level for other in others), default=-1)
        retry = {"limit": chance.randint(0, 3), "delay": chance.choice((0, 0, 0, 0.001))} if chance.random() < 0.4 else None
        if retry and chance.random() < 0.3:
            retry["exitCodes"] = [1]
        nodes.append(node(name, kind, level, edges, retry=retry, keep=kind == "job" or chance.random() > 0.3))
    script = {
        each.name: [chance.choice((1, 2)) for _ in range(chance.randint(1, 3))] + chance.choice(([0], []))
        for each in nodes if chance.random() < 0.25
    }  # fmt: skip
    work = {each.name: chance.randint(0, 6) for each in nodes}
    options = {
        "strategy": chance.choice(("sequential", "dependencyAware", "maxParallel", "parallelSafe")),
        "on_failure": chance.choice(("rollbackAll", "haltGraph", "partialContinue", "partialContinue")),
        "parallel": chance.choice((None, 1, 2, 3, 7)), "places": 4, "stop_running": chance.random() < 0.5,
        "chance": random.Random(1),
    }  # fmt: skip
    return graph(*nodes), FakeRunner(script=script, work=work), options


def last_code(each: Node, codes: list[int]) -> int:
    """Of the try that counts."""
    for attempt in range(1, each.attempts + 1):
        code = codes[min(attempt, len(codes)) - 1]
        again = each.retry is not None and (each.retry.exit_codes is None or code in each.retry.exit_codes)
        if not code or not again:
            return code
    return code


def ends(found: Graph, script: Any) -> dict[str, set[str]]:
    """What each node may end as, where whatever can go on goes on: from its edges' targets' ends alone, level by level."""
    told: dict[str, set[str]] = {}
    for level in found.levels:
        for name in level:
            each = found.nodes[name]
            told[name] = set()
            verdicts = [{_edge(edge, end) for end in told[edge.target]} for edge in each.edges]
            if all(True in verdict for verdict in verdicts):
                code = last_code(each, list(script.get(name, [0])))
                free = {"stopped"} if not each.keep and each.kind == "service" else set()
                told[name] |= {"failed"} if code else ({"succeeded"} if each.kind == "job" else {"ready"})
                told[name] |= free
            if any(False in verdict for verdict in verdicts):
                told[name].add("skipped")
    return told


def _edge(edge: Edge, end: str) -> bool:
    if not edge.required:
        return True
    if edge.condition == "started":
        return end not in ("skipped",)
    if edge.condition == "ready":
        return end in ("ready", "stopped", "succeeded")
    if edge.condition == "succeeded":
        return end == "succeeded"
    if edge.condition == "completed":
        return end in ("succeeded", "failed", "skipped", "stopped")
    return end == "failed"


@pytest.mark.parametrize("strategy_seed", range(4))
async def test_random_graphs(strategy_seed: int) -> None:
    for seed in range(strategy_seed, GRAPHS, 4):
        await one(seed)


@pytest.mark.parametrize("strategy_seed", range(4))
async def test_random_graphs_whose_services_end(strategy_seed: int) -> None:
    """By themselves, well or not, at any moment; and runners that raise."""
    for seed in range(strategy_seed, GRAPHS, 4):
        await one(seed, restless=True)


@pytest.mark.parametrize("strategy_seed", range(4))
async def test_random_graphs_that_are_cancelled(strategy_seed: int) -> None:
    """At any moment: every node ends in a final phase, or is a service that is ready, and nothing is at work."""
    for seed in range(strategy_seed, GRAPHS, 4):
        chance = random.Random(seed)
        found, runner, options = drawn(chance)
        if chance.random() < 0.5:
            _restless(chance, found, runner)
        walk = walk_of(found, runner, **options)
        async with anyio.create_task_group() as group:
            group.start_soon(_walked, walk)
            for _ in range(chance.randint(1, 120)):
                await anyio.lowlevel.checkpoint()
            asked = list(runner.log)
            group.cancel_scope.cancel()
        assert runner.log == asked, (seed, "something began after the end")
        phases = walk.status()["phases"]
        assert all(phase == "ready" or phase in FINAL for phase in phases.values()), (seed, phases)
        assert runner.at_work == set() and runner.broken == [] and walk.settled.is_set(), seed


@pytest.mark.parametrize("strategy_seed", range(4))
async def test_random_graphs_whose_time_is_up(strategy_seed: int) -> None:
    """At any moment: it is told, unless a node failed before, and no job runs on."""
    for seed in range(strategy_seed, GRAPHS, 4):
        chance = random.Random(seed)
        found, runner, options = drawn(chance)
        if chance.random() < 0.5:
            _restless(chance, found, runner)
        walk = walk_of(found, runner, timeout=chance.choice((0, 0.001, 0.003, 0.01)), **options)
        failure: ContainerError | None = None
        try:
            await walk.run()
        except ContainerError as error:
            failure = error
        phases = walk.status()["phases"]
        assert all(phase == "ready" or phase in FINAL for phase in phases.values()), (seed, phases)
        assert runner.at_work == set() and runner.broken == [], (seed, runner.broken)
        if failure is None:
            assert "cancelled" not in phases.values(), seed
        elif isinstance(failure, Timeout):
            left = failure.details["waitedFor"].split(", ")
            assert left and {phases[name] for name in left} == {"cancelled"}, (seed, failure.details)


async def _walked(walk: Walk) -> None:
    with suppress(ContainerError):
        await walk.run()


def _some(chance: random.Random, found: Graph, part: float) -> frozenset[str]:
    return frozenset(name for name in found.nodes if chance.random() < part)


def _restless(chance: random.Random, found: Graph, runner: FakeRunner) -> None:
    """Services end by themselves, and calls fail."""
    services = [name for name, each in found.nodes.items() if each.kind == "service"]
    runner.late_ends = {name: chance.choice((0, 1)) for name in services if chance.random() < 0.4}
    runner.raises = {name: BackendError("it broke") for name in found.nodes if chance.random() < 0.05}
    runner.never_prepared = _some(chance, found, 0.05)
    runner.never_stop = _some(chance, found, 0.2)
    runner.unwatched = _some(chance, found, 0.2)


async def one(seed: int, *, restless: bool = False) -> None:
    chance = random.Random(seed)
    found, runner, options = drawn(chance)
    if restless:
        _restless(chance, found, runner)
    bus = EventBus()
    heard = bus.subscribe()
    walk = walk_of(found, runner, bus=bus, **options)
    where = (seed, options["strategy"], options["on_failure"])
    failure: ContainerError | None = None
    with anyio.fail_after(30):
        try:
            await walk.run()
        except ContainerError as error:
            failure = error
    phases = walk.status()["phases"]
    assert runner.broken == [], where
    places = 1 if options["strategy"] == "sequential" else (options["parallel"] or 4)
    assert options["strategy"] == "maxParallel" or runner.most <= places, (where, runner.most)
    assert all(phase == "ready" or phase in FINAL for phase in phases.values()), (where, phases)
    assert runner.at_work == set(), where
    _in_order(where, walk, list(await heard.next() or ()))
    if options["on_failure"] == "partialContinue":
        assert failure is None, where
    if options["on_failure"] == "partialContinue" and not restless:
        wanted = ends(found, runner.script)
        assert {name: phase for name, phase in phases.items() if phase not in wanted[name]} == {}, (where, wanted)
    if failure is None:
        assert "cancelled" not in phases.values(), where
        _released(where, walk, runner)
    else:
        assert phases[failure.details["node"]] == "failed", where
        edges = found.dependents()[failure.details["node"]]
        assert not edges or any(edge.required and edge.condition not in ("failed", "completed") for edge in edges), where
        _halted(where, walk, runner, options)
    if options["strategy"] in ("sequential", "parallelSafe"):
        _levels(where, found, runner)
    if options["strategy"] == "sequential" and not restless:
        _by_name(where, found, runner)


def _halted(where: Any, walk: Walk, runner: FakeRunner, options: dict[str, Any]) -> None:
    """What had started went on to its end, unless it was put back or told to stop; nothing else began."""
    begun, stopped = set(runner.ran()), {name for what, name in runner.log if what == "stop"}
    for name, record in walk.records.items():
        started = record.started or record.phase == "failed"
        if name not in begun and not runner.never_prepared:
            assert record.phase in ("waiting", "skipped", "cancelled"), (where, name, record.phase)
        if options["on_failure"] == "haltGraph" and record.phase == "cancelled" and started:
            between = record.attempt > 1 or record.attempt < record.node.attempts  # Two tries, or the making of another one.
            assert between or (name in stopped and record.node.kind == "job" and options["stop_running"]), (where, name)
    if options["on_failure"] == "rollbackAll" or not options["stop_running"]:
        assert all(walk.records[name].node.kind == "service" for name in stopped), where


def _released(where: Any, walk: Walk, runner: FakeRunner) -> None:
    """No service that is not to be kept is left over when all that needed it have ended."""
    for name, edges in walk.graph.dependents().items():
        users = [edge.node for edge in edges if edge.condition not in ("failed", "completed")]
        record = walk.records[name]
        if users and not record.node.keep and all(walk.records[user].phase in FINAL for user in users):
            assert record.phase != "ready" or name in runner.never_stop, (where, name)


def _by_name(where: Any, found: Graph, runner: FakeRunner) -> None:
    """One after the other by level and name, but for those that wait for the end of a service, which may come at any time."""
    ran = [found.nodes[name] for name in dict.fromkeys(runner.ran())]
    first = [(each.level, each.name) for each in ran if not any(_of_end(found, edge) for edge in each.edges)]
    assert first == sorted(first), where


def _of_end(found: Graph, edge: Edge) -> bool:
    return found.nodes[edge.target].kind == "service" and edge.condition in ("failed", "completed")


def _in_order(where: Any, walk: Any, records: list[dict[str, Any]]) -> None:
    """Each node goes only where its phase may lead, and is in one final phase exactly once."""
    before = dict.fromkeys(walk.records, "waiting")
    for record in records:
        if record["kind"] != "node":
            continue
        name, phase = record["node"], record["phase"]
        was = before[name]
        assert phase in ALLOWED[was] or (was == "retrying" and phase in ALLOWED["waiting"]), (where, name, was, phase)
        before[name] = phase
    assert {name: phase for name, phase in before.items() if phase != "waiting"} == {
        name: phase for name, phase in walk.status()["phases"].items() if before[name] != "waiting"
    }


def _levels(where: Any, found: Graph, runner: FakeRunner) -> None:
    """First tries begin level by level, whatever is tried again between."""
    first = list(dict.fromkeys(runner.ran()))
    levels = [found.nodes[name].level for name in first]
    assert levels == sorted(levels), where
