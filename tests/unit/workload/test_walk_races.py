"""What happens to a node while something else happens to others: halts, ends, releases and tries that meet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

from perry_ffi.errors import BackendError, ContainerError, ServiceStartupFailed, Timeout, VerificationFailed
from perry_ffi.runtime.event_bus import EventBus
from perry_ffi.workload import records
from perry_ffi.workload.graph import Graph, Node
from perry_ffi.workload.phases import holds
from perry_ffi.workload.runner import Result, Told
from tests.unit.workload.runners import FakeRunner, edge, graph, node, walk_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from perry_ffi.workload.walk import Walk

pytestmark = pytest.mark.anyio
FAILED = Result("failed", 1)


@dataclass
class Led(FakeRunner):
    """Each node does what is said: its tries, its end once it is ready, its stop."""

    tries: dict[str, Callable[[int, Told], Awaitable[Result]]] = field(default_factory=dict)
    ends: dict[str, list[tuple[anyio.Event, Result | ContainerError]]] = field(default_factory=dict)
    stops: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)

    async def _run(self, node: Node, attempt: int, told: Told) -> Result:
        if (tried := self.tries.get(node.name)) is not None:
            return await tried(attempt, told)
        return await super()._run(node, attempt, told)

    async def until_end(self, node: Node) -> Result:
        if not self.ends.get(node.name):
            await anyio.sleep_forever()
        event, result = self.ends[node.name].pop(0)
        await event.wait()
        if isinstance(result, ContainerError):
            raise result
        return result

    async def stop(self, node: Node) -> None:
        await super().stop(node)
        if (stopped := self.stops.get(node.name)) is not None:
            await stopped()


@asynccontextmanager
async def walking(walk: Walk) -> AsyncIterator[list[ContainerError]]:
    """The walk goes on meanwhile, and is over at the end of the block. Gives what it raised."""
    raised: list[ContainerError] = []

    async def run() -> None:
        try:
            await walk.run()
        except ContainerError as error:
            raised.append(error)

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(run)
            yield raised


async def until(walk: Walk, **phases: str) -> None:
    with anyio.fail_after(10):
        while any(walk.records[name].phase != phase for name, phase in phases.items()):
            await anyio.lowlevel.checkpoint()


async def a_while() -> None:
    for _ in range(30):
        await anyio.lowlevel.checkpoint()


def at(phase: Any, held: anyio.Event) -> Callable[[int, Told], Awaitable[Result]]:
    """A try that stays in a phase until it is told to go on, and succeeds."""

    async def tried(attempt: int, told: Told) -> Result:
        told(phase)
        await held.wait()
        told("running")
        return Result("succeeded", 0)

    return tried


def done() -> anyio.Event:
    event = anyio.Event()
    event.set()
    return event


def service_at(phase: Any, held: anyio.Event) -> Callable[[int, Told], Awaitable[Result]]:
    async def tried(attempt: int, told: Told) -> Result:
        told(phase)
        await held.wait()
        told("running")
        return Result("ready")

    return tried


# -- long graphs --------------------------------------------------------------------------------------


def chain(length: int, condition: str) -> Graph:
    return graph(*(
        node(f"n{index:04}", "job", index, [edge(f"n{index:04}", f"n{index - 1:04}", condition)] if index else [])
        for index in range(length)
    ))  # fmt: skip


@pytest.mark.parametrize("strategy", ["sequential", "dependencyAware", "maxParallel", "parallelSafe"])
async def test_a_chain_of_any_length_is_skipped(strategy: str) -> None:
    walk = walk_of(chain(2000, "succeeded"), FakeRunner({"n0000": [1]}), strategy=strategy, on_failure="partialContinue")
    with anyio.fail_after(20):
        await walk.run()
    phases = list(walk.status()["phases"].values())
    assert phases == ["failed"] + 1999 * ["skipped"]


async def test_a_chain_of_any_length_is_released() -> None:
    nodes = [
        node(f"n{index:04}", "service", index, [edge(f"n{index:04}", f"n{index - 1:04}", "ready")] if index else [], keep=False)
        for index in range(500)
    ]
    walk = walk_of(graph(*nodes, node("job", "job", 500, [edge("job", "n0499", "ready")])), FakeRunner())
    with anyio.fail_after(20):
        await walk.run()
    assert set(walk.status()["phases"].values()) == {"stopped", "succeeded"} and walk.status()["healthy"]


@pytest.mark.parametrize("wide", [1, 40])
async def test_an_edge_is_looked_at_as_often_as_its_target_changes(wide: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many others its node has."""
    looked = 0

    def counted(condition: Any, record: records.Record) -> bool | None:
        nonlocal looked
        looked += 1
        return holds(condition, record)

    monkeypatch.setattr(records, "holds", counted)
    waves = 1 + 400 // wide
    nodes = [
        node(f"n{level}-{index}", "job", level, [edge(f"n{level}-{index}", f"n{level - 1}-{each}") for each in range(wide) if level])
        for level in range(waves) for index in range(wide)
    ]  # fmt: skip
    await walk_of(graph(*nodes), Led(tries={each.name: at("running", done()) for each in nodes})).run()
    assert looked <= 4 * sum(len(each.edges) for each in nodes)


# -- tries --------------------------------------------------------------------------------------------


async def test_a_dependent_waits_while_a_service_that_was_ready_is_tried_again() -> None:
    ended, again, gate = anyio.Event(), anyio.Event(), anyio.Event()

    async def db(attempt: int, told: Told) -> Result:
        told("running")
        if attempt == 2:
            await again.wait()
        return Result("ready")

    runner = Led(tries={"db": db}, ends={"db": [(ended, FAILED)]}, held={"gate": gate})
    found = graph(
        node("db", "service", retry={"limit": 1, "delay": 0}), node("gate", "job"),
        node("job", "job", 1, [edge("job", "db", "ready"), edge("job", "gate", "succeeded")]),
    )  # fmt: skip
    walk = walk_of(found, runner)
    async with walking(walk) as raised:
        await until(walk, db="ready", gate="running")
        ended.set()
        await until(walk, db="running")
        gate.set()
        await a_while()
        assert walk.records["job"].phase == "waiting" and walk.status()["details"]["job"]["waitingFor"] == ["db (ready)"]
        again.set()
    assert raised == [] and walk.records["job"].phase == "succeeded" and walk.records["db"].attempt == 2


async def test_a_try_waits_for_its_edges_too() -> None:
    """A job fails because its service did, and is not tried again before that is ready once more."""
    ended, again = anyio.Event(), anyio.Event()

    async def db(attempt: int, told: Told) -> Result:
        told("running")
        if attempt == 2:
            await again.wait()
        return Result("ready")

    async def job(attempt: int, told: Told) -> Result:
        told("running")
        if attempt == 1:
            ended.set()
            await a_while()
        return FAILED if attempt == 1 else Result("succeeded", 0)

    retry = {"limit": 1, "delay": 0}
    found = graph(node("db", "service", retry=retry), node("job", "job", 1, [edge("job", "db", "ready")], retry=retry))
    for strategy in ("sequential", "dependencyAware", "maxParallel", "parallelSafe"):
        ended, again = anyio.Event(), anyio.Event()
        walk = walk_of(found, Led(tries={"db": db, "job": job}, ends={"db": [(ended, FAILED)]}), strategy=strategy, parallel=1)
        async with walking(walk) as raised:
            await until(walk, job="waiting", db="running")
            await until(walk, job="waiting", db="running")
            await a_while()
            assert walk.records["job"].attempt == 1
            again.set()
        assert raised == [] and walk.records["job"].attempt == 2 and walk.status()["healthy"], strategy


async def test_a_try_is_not_begun_where_what_it_needs_is_gone() -> None:
    ended, held = anyio.Event(), anyio.Event()

    async def job(attempt: int, told: Told) -> Result:
        told("running")
        ended.set()
        await a_while()
        return FAILED

    found = graph(node("db", "service"), node("job", "job", 1, [edge("job", "db", "ready")], retry={"limit": 9, "delay": 0}))
    walk = walk_of(found, Led(tries={"job": job}, ends={"db": [(ended, FAILED)]}), on_failure="partialContinue")
    async with walking(walk):
        held.set()
    assert walk.status()["phases"] == {"db": "failed", "job": "skipped"} and walk.records["job"].attempt == 1


async def test_a_service_that_ended_well_has_done_what_it_is_for() -> None:
    """Whether its dependents had a place before it ended or not."""
    for parallel in (1, 5):
        ended, held = anyio.Event(), anyio.Event()
        runner = Led(ends={"db": [(ended, Result("stopped", 0))]}, held={"aaa": held})
        found = graph(
            node("db", "service"), node("aaa", "job", 1, [edge("aaa", "db")]), node("job", "job", 1, [edge("job", "db", "ready")])
        )
        walk = walk_of(found, runner, parallel=parallel)
        async with walking(walk) as raised:
            await until(walk, aaa="running")
            ended.set()
            await until(walk, db="stopped")
            held.set()
        assert raised == [] and walk.records["job"].phase == "succeeded"


async def test_one_after_the_other_means_tries_too() -> None:
    runner = FakeRunner({"a": [1, 1, 0]})
    walk = walk_of(graph(node("a", "job", retry={"limit": 2, "delay": 0}), node("b", "job")), runner, strategy="sequential")
    await walk.run()
    assert runner.ran() == ["a", "a", "a", "b"]


async def test_a_place_is_free_while_a_node_waits_for_its_next_try() -> None:
    runner = FakeRunner({"a": [1, 0]})
    found = graph(node("a", "job", retry={"limit": 1, "delay": 0.05}), node("b", "job"))
    walk = walk_of(found, runner, parallel=1)
    await walk.run()
    assert runner.ran() == ["a", "b", "a"] and runner.most == 1


async def test_what_was_taken_over_may_not_do() -> None:
    """A job of before still runs, is waited for, and fails: then it is made anew, in the same try."""

    async def job(attempt: int, told: Told) -> Result:
        for phase in ("pulling", "running", "creating", "starting", "running"):
            told(phase)  # type: ignore[arg-type]
        return Result("succeeded", 0)

    walk = walk_of(graph(node("job", "job")), Led(tries={"job": job}))
    await walk.run()
    assert walk.status()["healthy"]


# -- what nobody needs --------------------------------------------------------------------------------


async def test_a_service_that_does_not_stop_is_warned_of() -> None:
    bus = EventBus()
    heard = bus.subscribe()

    async def stop() -> None:
        raise BackendError("it does not answer")

    found = graph(
        node("db", "service", keep=False), node("proxy", "service", 1, [edge("proxy", "db", "ready")], keep=False),
        node("job", "job", 2, [edge("job", "proxy", "ready")]),
    )  # fmt: skip
    walk = walk_of(found, Led(stops={"proxy": stop}), bus=bus)
    await walk.run()
    assert walk.status()["phases"] == {"db": "ready", "proxy": "ready", "job": "succeeded"}
    warned = [record for record in await heard.next() or () if record["kind"] == "warning"]
    assert [(record["node"], record["message"]) for record in warned] == [("proxy", "it does not answer")]


async def test_a_service_that_ends_as_it_is_stopped_is_not_tried_again() -> None:
    ended = anyio.Event()

    async def stop() -> None:
        ended.set()
        await a_while()

    found = graph(
        node("db", "service", keep=False, retry={"limit": 5, "delay": 0}), node("job", "job", 1, [edge("job", "db", "ready")])
    )
    runner = Led(ends={"db": [(ended, Result("failed", 143))]}, stops={"db": stop})
    walk = walk_of(found, runner)
    await walk.run()
    assert walk.status()["phases"] == {"db": "stopped", "job": "succeeded"} and runner.ran() == ["db", "job"]
    assert walk.status()["healthy"] and walk.status()["details"]["db"]["reason"] == "nobody needs it any more"


async def test_a_service_that_nobody_needs_any_more_is_not_tried_again() -> None:
    ended, held = anyio.Event(), anyio.Event()
    found = graph(
        node("db", "service", keep=False, retry={"limit": 5, "delay": 3600}), node("job", "job", 1, [edge("job", "db", "ready")])
    )
    runner = Led(ends={"db": [(ended, FAILED)]}, held={"job": held})
    walk = walk_of(found, runner)
    async with walking(walk) as raised:
        await until(walk, job="running")
        ended.set()
        await until(walk, db="retrying")
        held.set()
    assert raised == [] and walk.status()["phases"] == {"db": "stopped", "job": "succeeded"} and walk.status()["healthy"]


async def test_who_waits_for_the_end_of_a_service_does_not_need_it() -> None:
    held = anyio.Event()
    found = graph(
        node("db", "service", keep=False), node("job", "job", 1, [edge("job", "db", "ready")]), node("long", "job"),
        node("undo", "job", 1, [edge("undo", "db", "failed")]),
    )  # fmt: skip
    walk = walk_of(found, Led(held={"long": held}))
    async with walking(walk) as raised:
        await until(walk, db="stopped", undo="skipped")
        assert walk.records["long"].phase == "running"
        held.set()
    assert raised == [] and walk.status()["healthy"]


# -- halts --------------------------------------------------------------------------------------------


async def test_services_stay_where_a_graph_halts() -> None:
    """Also those that nobody needs any more, for what needs them has failed."""
    found = graph(node("db", "service", keep=False), node("bad", "job", 1, [edge("bad", "db", "ready")]))
    runner = FakeRunner({"bad": [1]})
    walk = walk_of(found, runner, on_failure="haltGraph")
    async with walking(walk) as raised:
        pass
    assert walk.status()["phases"] == {"db": "ready", "bad": "failed"} and ("stop", "db") not in runner.log
    assert raised[0].details["nodes"] == walk.status()["phases"] and raised[0].details["phase"] == "running"


@pytest.mark.parametrize(
    ("phase", "wanted"),
    [("pulling", "cancelled"), ("creating", "cancelled"), ("starting", "succeeded"), ("running", "succeeded")],
)
async def test_a_job_that_has_not_started_does_not_start_in_a_halt(phase: str, wanted: str) -> None:
    held, bad = anyio.Event(), anyio.Event()
    runner = Led({"bad": [1]}, tries={"job": at(phase, held)}, held={"bad": bad})
    walk = walk_of(graph(node("bad", "job"), node("job", "job")), runner, on_failure="haltGraph")
    async with walking(walk) as raised:
        await until(walk, job=phase)
        bad.set()
        await until(walk, bad="failed")
        await a_while()
        held.set()
    assert walk.records["job"].phase == wanted and isinstance(raised[0], ServiceStartupFailed)


@pytest.mark.parametrize(
    ("phase", "wanted"), [("pulling", "cancelled"), ("creating", "ready"), ("starting", "ready"), ("running", "ready")]
)
async def test_a_service_that_is_being_made_gets_ready_in_a_halt(phase: str, wanted: str) -> None:
    held, bad = anyio.Event(), anyio.Event()
    runner = Led({"bad": [1]}, tries={"db": service_at(phase, held)}, held={"bad": bad})
    walk = walk_of(graph(node("bad", "job"), node("db", "service")), runner, on_failure="haltGraph", stop_running=True)
    async with walking(walk):
        await until(walk, db=phase)
        bad.set()
        await until(walk, bad="failed")
        await a_while()
        held.set()
    assert walk.records["db"].phase == wanted and ("stop", "db") not in runner.log


async def test_a_job_that_is_killed_is_not_called_failed() -> None:
    """Its try ends with the code of the kill before the kill has been answered."""
    killed, bad = anyio.Event(), anyio.Event()

    async def job(attempt: int, told: Told) -> Result:
        told("running")
        await killed.wait()
        return Result("failed", 137)

    async def stop() -> None:
        killed.set()
        await a_while()

    runner = Led({"bad": [1]}, tries={"job": job}, stops={"job": stop}, held={"bad": bad})
    found = graph(node("bad", "job"), node("job", "job", retry={"limit": 5, "delay": 0}))
    walk = walk_of(found, runner, on_failure="haltGraph", stop_running=True)
    async with walking(walk) as raised:
        await until(walk, job="running")
        bad.set()
    details = walk.status()["details"]["job"]
    assert (details["phase"], details["exitCode"], details["attempt"]) == ("cancelled", 137, 1)
    assert details["reason"] == "the graph halts, for bad failed" and list(walk.status()["errors"]) == ["bad"] and raised


async def test_a_job_that_does_not_stop_is_left() -> None:
    bad = anyio.Event()

    async def stop() -> None:
        raise BackendError("it does not answer")

    runner = Led({"bad": [1]}, stops={"job": stop}, held={"bad": bad, "job": anyio.Event()})
    walk = walk_of(graph(node("bad", "job"), node("job", "job")), runner, on_failure="haltGraph", stop_running=True)
    async with walking(walk) as raised:
        await until(walk, job="running")
        bad.set()
    assert walk.records["job"].phase == "cancelled" and len(raised) == 1


async def test_a_job_that_fails_in_a_halt_is_told_by_its_state() -> None:
    bad, held = anyio.Event(), anyio.Event()
    runner = Led({"bad": [1], "job": [2]}, held={"bad": bad, "job": held})
    walk = walk_of(graph(node("bad", "job"), node("job", "job", retry={"limit": 3, "delay": 0})), runner, on_failure="haltGraph")
    async with walking(walk) as raised:
        await until(walk, job="running")
        bad.set()
        await until(walk, bad="failed")
        held.set()
    assert walk.status()["phases"] == {"bad": "failed", "job": "failed"} and raised[0].details["node"] == "bad"
    assert walk.records["job"].attempt == 1


async def test_a_service_that_ends_halts_the_graph() -> None:
    for on_failure in ("haltGraph", "rollbackAll"):
        ended, held = anyio.Event(), anyio.Event()
        runner = Led(ends={"db": [(ended, FAILED)]}, held={"job": held})
        found = graph(node("db", "service"), node("job", "job", 1, [edge("job", "db", "ready")]))
        walk = walk_of(found, runner, on_failure=on_failure)
        async with walking(walk) as raised:
            await until(walk, job="running")
            ended.set()
            await until(walk, db="failed")
            if on_failure == "haltGraph":
                held.set()
        assert raised[0].details["node"] == "db" and raised[0].details["phase"] == "ready"
        assert walk.records["job"].phase == ("succeeded" if on_failure == "haltGraph" else "cancelled")


async def test_what_the_watch_over_a_service_raises_is_its_failure() -> None:
    ended, held = anyio.Event(), anyio.Event()
    runner = Led(ends={"db": [(ended, BackendError("the engine is gone"))]}, held={"job": held})
    walk = walk_of(graph(node("db", "service"), node("job", "job")), runner, on_failure="partialContinue")
    async with walking(walk) as raised:
        await until(walk, job="running", db="ready")
        ended.set()
        await until(walk, db="failed")
        held.set()
    assert raised == [] and walk.status()["errors"] == {"db": "the engine is gone"} and walk.records["job"].phase == "succeeded"


async def test_errors_keep_their_kind_and_are_told_after_a_rollback() -> None:
    error = VerificationFailed("nodes.a: its image is not signed", image="i")
    walk = walk_of(graph(node("a", "job"), node("b", "job")), FakeRunner(raises={"a": error}))
    async with walking(walk) as raised:
        pass
    assert raised == [error] and error.details | {"nodes": {}} == {
        "image": "i", "node": "a", "attempt": 1, "phase": "creating", "nodes": {}
    }  # fmt: skip
    walk.rolled_back()
    status = walk.status()
    assert status["phases"]["a"] == "rolledBack" and status["errors"] == {"a": error.message} and not status["healthy"]


# -- time ---------------------------------------------------------------------------------------------


async def test_the_first_failure_is_told_though_time_is_up_later() -> None:
    bad = anyio.Event()
    runner = Led({"bad": [1]}, held={"bad": bad, "job": anyio.Event()})
    walk = walk_of(graph(node("bad", "job"), node("job", "job")), runner, on_failure="haltGraph", timeout=0.1)
    async with walking(walk) as raised:
        await until(walk, job="running")
        bad.set()
    assert raised[0].details["node"] == "bad" and walk.records["job"].phase == "cancelled" and ("stop", "job") in runner.log


async def test_time_is_up_while_a_try_is_waited_for() -> None:
    runner = FakeRunner({"a": [1]})
    found = graph(node("a", "job", retry={"limit": 3, "delay": 3600}), node("b", "job", 1, [edge("b", "a", "succeeded")]))
    for on_failure in ("rollbackAll", "haltGraph", "partialContinue"):
        walk = walk_of(found, runner, on_failure=on_failure, timeout=0.05)
        async with walking(walk) as raised:
            pass
        assert isinstance(raised[0], Timeout) and raised[0].details["waitedFor"] == "a, b"
        assert walk.status()["phases"] == {"a": "cancelled", "b": "cancelled"}
        assert walk.status()["details"]["b"]["reason"] == "the graph was not settled within 0.05 s"


async def test_time_is_up_while_a_service_stops_that_nobody_needs() -> None:
    """Then all had settled in time."""
    slow: list[anyio.Event] = []

    async def stop() -> None:
        if not slow:
            slow.append(anyio.Event())
            await slow[0].wait()

    found = graph(
        node("db", "service", keep=False), node("proxy", "service", 1, [edge("proxy", "db", "ready")], keep=False),
        node("job", "job", 2, [edge("job", "proxy", "ready")]),
    )  # fmt: skip
    walk = walk_of(found, Led(stops={"proxy": stop}), timeout=0.05)
    async with walking(walk) as raised:
        pass
    assert raised == [] and walk.status()["phases"] == {"db": "stopped", "proxy": "stopped", "job": "succeeded"}


async def test_nothing_begins_in_a_walk_that_is_cancelled() -> None:
    """Though something that is stopped at that moment ends."""
    stopping = anyio.Event()

    async def stop() -> None:
        stopping.set()
        await anyio.sleep_forever()

    found = graph(
        node("db", "service", keep=False), node("a", "job", 1, [edge("a", "db", "ready")]), node("long", "job"),
        node("z", "job", 1, [edge("z", "long", "succeeded")]),
    )  # fmt: skip
    runner = Led(stops={"db": stop}, held={"long": anyio.Event()})
    walk = walk_of(found, runner)
    async with anyio.create_task_group() as group:
        group.start_soon(walk.run)
        await stopping.wait()
        group.cancel_scope.cancel()
    assert walk.status()["phases"] == {"db": "ready", "a": "succeeded", "long": "cancelled", "z": "cancelled"}
    assert "z" not in runner.ran() and walk.status()["details"]["long"]["reason"] == "the run was cancelled"
