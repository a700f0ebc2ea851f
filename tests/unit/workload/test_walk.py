"""When each node runs, runs again, or never will."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from perry_ffi.errors import BackendNotAvailable, ContainerError, ServiceStartupFailed, Timeout
from perry_ffi.runtime.event_bus import EventBus
from tests.unit.workload.runners import FakeRunner, edge, graph, node, walk_of

pytestmark = pytest.mark.anyio
STRATEGIES = ("sequential", "dependencyAware", "maxParallel", "parallelSafe")


async def walked(found: Any, runner: FakeRunner, **options: Any) -> Any:
    walk = walk_of(found, runner, **options)
    with anyio.fail_after(20):
        await walk.run()
    return walk


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    ("condition", "kind", "code", "phase"),
    [
        ("started", "job", 0, "succeeded"), ("started", "job", 1, "succeeded"), ("started", "service", 0, "succeeded"),
        ("ready", "service", 0, "succeeded"), ("ready", "service", 1, "skipped"), ("healthy", "service", 0, "succeeded"),
        ("healthy", "service", 1, "skipped"), ("ready", "job", 0, "succeeded"), ("ready", "job", 1, "skipped"),
        ("succeeded", "job", 0, "succeeded"), ("succeeded", "job", 1, "skipped"),
        ("completed", "job", 0, "succeeded"), ("completed", "job", 1, "succeeded"),
        ("failed", "job", 0, "skipped"), ("failed", "job", 1, "succeeded"), ("failed", "service", 0, "skipped"),
        ("failed", "service", 1, "succeeded"),
    ],
)  # fmt: skip
async def test_every_condition(strategy: str, condition: str, kind: str, code: int, phase: str) -> None:
    found = graph(node("a", kind), node("b", "job", 1, [edge("b", "a", condition)]))
    walk = await walked(found, FakeRunner({"a": [code]}), strategy=strategy, on_failure="partialContinue")
    status = walk.status()
    assert status["phases"]["b"] == phase
    assert status["phases"]["a"] == ("failed" if code else "ready" if kind == "service" else "succeeded")
    if phase == "skipped":
        assert "a" in status["details"]["b"]["reason"] and condition in status["details"]["b"]["reason"]


async def test_an_edge_that_is_not_required_is_warned_of() -> None:
    bus = EventBus()
    heard = bus.subscribe()
    found = graph(node("a", "job"), node("b", "job", 1, [edge("b", "a", "succeeded", required=False)]))
    walk = await walked(found, FakeRunner({"a": [1]}), on_failure="partialContinue", bus=bus)
    assert walk.status()["phases"]["b"] == "succeeded"
    warnings = [record["message"] for record in await heard.next() or () if record["kind"] == "warning"]
    assert len(warnings) == 1 and "a" in warnings[0] and "not required" in warnings[0]


async def test_skipping_goes_on_down() -> None:
    found = graph(
        node("a", "job"), node("b", "job", 1, [edge("b", "a", "succeeded")]), node("c", "job", 2, [edge("c", "b", "succeeded")]),
        node("d", "job", 2, [edge("d", "b", "completed")]),
    )  # fmt: skip
    walk = await walked(found, FakeRunner({"a": [1]}), on_failure="partialContinue")
    assert walk.status()["phases"] == {"a": "failed", "b": "skipped", "c": "skipped", "d": "succeeded"}


async def test_tries_are_counted_and_told() -> None:
    bus = EventBus()
    heard = bus.subscribe()
    found = graph(node("a", "job", retry={"limit": 3, "delay": 0}))
    runner = FakeRunner({"a": [1, 2, 0]})
    walk = await walked(found, runner, bus=bus)
    details = walk.status()["details"]["a"]
    assert (details["phase"], details["attempt"], details["attempts"], details["container"]) == ("succeeded", 3, 4, "g-a-3")
    phases = [record["phase"] for record in await heard.next() or () if record["kind"] == "node"]
    assert phases == ["creating", "running", "retrying", "creating", "running", "retrying", "creating", "running", "succeeded"]


async def test_only_codes_that_are_named_are_tried_again() -> None:
    found = graph(node("a", "job", retry={"limit": 3, "delay": 0, "exitCodes": [1]}))
    walk = walk_of(found, FakeRunner({"a": [1, 2]}))
    with pytest.raises(ServiceStartupFailed) as caught:
        await walk.run()
    assert caught.value.details["exitCode"] == 2 and caught.value.details["attempt"] == 2


async def test_a_job_whose_failure_is_handled_fails_no_run() -> None:
    found = graph(node("a", "job"), node("undo", "job", 1, [edge("undo", "a", "failed")]))
    walk = await walked(found, FakeRunner({"a": [1]}))
    status = walk.status()
    assert status["phases"] == {"a": "failed", "undo": "succeeded"} and not status["healthy"] and "a" in status["errors"]


async def test_a_clean_up_that_is_not_needed_is_well() -> None:
    found = graph(node("a", "job"), node("undo", "job", 1, [edge("undo", "a", "failed")]))
    walk = await walked(found, FakeRunner())
    assert walk.status()["phases"]["undo"] == "skipped" and walk.status()["healthy"]


async def test_a_rollback_cancels_what_is_at_work() -> None:
    runner = FakeRunner({"bad": [1]}, work={"bad": 3}, held={"long": anyio.Event()})
    found = graph(node("bad", "job"), node("long", "job"), node("later", "job", 1, [edge("later", "long")]))
    walk = walk_of(found, runner)
    with pytest.raises(ServiceStartupFailed) as caught, anyio.fail_after(10):
        await walk.run()
    assert caught.value.details["node"] == "bad" and caught.value.details["nodes"]["bad"] == "failed"
    assert walk.status()["phases"]["long"] == "cancelled" and runner.at_work == set() and walk.settled.is_set()
    walk.rolled_back()
    assert walk.status()["phases"]["bad"] == "rolledBack"


async def test_a_halt_lets_jobs_end_and_starts_nothing() -> None:
    runner = FakeRunner({"bad": [1]}, work={"long": 30})
    found = graph(
        node("db", "service"), node("bad", "job", 1, [edge("bad", "db", "ready")]), node("long", "job"),
        node("later", "job", 1, [edge("later", "long", "succeeded")]),
    )  # fmt: skip
    walk = walk_of(found, runner, on_failure="haltGraph")
    with pytest.raises(ServiceStartupFailed), anyio.fail_after(10):
        await walk.run()
    assert walk.status()["phases"] == {"db": "ready", "bad": "failed", "long": "succeeded", "later": "cancelled"}
    assert "later" not in runner.ran() and ("stop", "long") not in runner.log


async def test_a_halt_may_stop_jobs() -> None:
    runner = FakeRunner({"bad": [1]}, held={"long": anyio.Event()})
    found = graph(node("db", "service"), node("bad", "job", 1, [edge("bad", "db", "ready")]), node("long", "job"))
    walk = walk_of(found, runner, on_failure="haltGraph", stop_running=True)
    with pytest.raises(ServiceStartupFailed), anyio.fail_after(10):
        await walk.run()
    assert walk.status()["phases"] == {"db": "ready", "bad": "failed", "long": "cancelled"} and ("stop", "long") in runner.log


async def test_a_halt_ends_the_wait_for_another_try() -> None:
    runner = FakeRunner({"bad": [1], "again": [1]}, work={"bad": 10})
    found = graph(node("bad", "job"), node("again", "job", retry={"limit": 5, "delay": 3600}))
    walk = walk_of(found, runner, on_failure="haltGraph")
    with pytest.raises(ServiceStartupFailed), anyio.fail_after(10):
        await walk.run()
    assert walk.status()["phases"]["again"] == "cancelled"


async def test_a_service_that_ends_by_itself() -> None:
    held = anyio.Event()
    found = graph(node("db", "service"), node("web", "service"), node("long", "job"))
    runner = FakeRunner(late_ends={"db": 1, "web": 0}, held={"long": held})
    walk = walk_of(found, runner, on_failure="partialContinue")
    async with anyio.create_task_group() as group:
        group.start_soon(walk.run)
        with anyio.fail_after(10):
            while walk.status()["phases"]["db"] != "failed" or walk.status()["phases"]["web"] != "stopped":
                await anyio.sleep(0)
        held.set()
    assert not walk.status()["healthy"] and walk.status()["errors"] == {"db": "it ended with exit code 1"}


async def test_a_service_that_ends_is_tried_again_while_tries_are_left() -> None:
    held = anyio.Event()
    found = graph(node("db", "service", retry={"limit": 1, "delay": 0}), node("long", "job"))
    runner = FakeRunner(late_ends={"db": 1}, held={"long": held})
    walk = walk_of(found, runner, on_failure="partialContinue")
    async with anyio.create_task_group() as group:
        group.start_soon(walk.run)
        with anyio.fail_after(10):
            while walk.status()["phases"]["db"] != "failed":
                await anyio.sleep(0)
        held.set()
    assert runner.ran().count("db") == 2


async def test_what_no_job_needs_any_more_stops() -> None:
    found = graph(
        node("db", "service", keep=False), node("proxy", "service", 1, [edge("proxy", "db", "ready")], keep=False),
        node("job", "job", 2, [edge("job", "proxy", "ready")]), node("free", "service", keep=False),
    )  # fmt: skip
    runner = FakeRunner()
    walk = await walked(found, runner)
    assert walk.status()["phases"] == {"db": "stopped", "proxy": "stopped", "job": "succeeded", "free": "ready"}
    assert [name for what, name in runner.log if what == "stop"] == ["proxy", "db"] and walk.status()["healthy"]


async def test_what_a_service_that_stays_needs_stays() -> None:
    found = graph(
        node("db", "service", keep=False), node("web", "service", 1, [edge("web", "db", "ready")]),
        node("job", "job", 1, [edge("job", "db", "ready")]),
    )  # fmt: skip
    assert (await walked(found, FakeRunner())).status()["phases"]["db"] == "ready"


async def test_time_is_up() -> None:
    for on_failure in ("rollbackAll", "haltGraph", "partialContinue"):
        runner = FakeRunner(held={"long": anyio.Event()})
        walk = walk_of(graph(node("long", "job"), node("db", "service")), runner, timeout=0.05, on_failure=on_failure)
        with pytest.raises(Timeout) as caught, anyio.fail_after(10):
            await walk.run()
        assert caught.value.details["waitedFor"] == "long" and walk.status()["phases"] == {"long": "cancelled", "db": "ready"}
        assert (("stop", "long") in runner.log) == (on_failure != "rollbackAll")


async def test_cancelled_from_outside_at_any_moment() -> None:
    found = graph(
        node("db", "service"), node("a", "job", 1, [edge("a", "db", "ready")], retry={"limit": 2, "delay": 0}),
        node("b", "job", 2, [edge("b", "a", "succeeded")]),
    )  # fmt: skip
    for moment in range(40):
        runner = FakeRunner({"a": [1, 0]})
        walk = walk_of(found, runner)
        async with anyio.create_task_group() as group:
            group.start_soon(walk.run)
            for _ in range(moment):
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        assert (runner.at_work == set() and walk.settled.is_set()) or moment == 0
        assert (
            all(phase in ("ready", "succeeded", "cancelled", "failed") for phase in walk.status()["phases"].values())
            or moment == 0
        )


async def test_what_a_runner_raises_is_the_failure() -> None:
    error = BackendNotAvailable("it is gone", backend="x")
    walk = walk_of(graph(node("a", "job")), FakeRunner(raises={"a": error}))
    with pytest.raises(BackendNotAvailable) as caught:
        await walk.run()
    assert caught.value is error and error.details["node"] == "a"


async def test_a_bug_of_a_runner_ends_the_walk() -> None:
    class Bug(FakeRunner):
        async def _run(self, node: Any, attempt: int, told: Any) -> Any:
            raise RuntimeError("a bug")

    walk = walk_of(graph(node("a", "job"), node("b", "job")), Bug())
    with pytest.raises(Exception) as caught, anyio.fail_after(10):
        await walk.run()
    assert isinstance(caught.value, ContainerError | BaseExceptionGroup | RuntimeError) and walk.settled.is_set()
    assert {details["phase"] for details in walk.status()["details"].values()} == {"cancelled"}
    assert "RuntimeError" in str(walk.status()["details"]["a"]["reason"])


async def test_nothing_at_all() -> None:
    walk = await walked(graph(), FakeRunner())
    assert walk.status() == {"nodes": {}, "healthy": True, "errors": {}, "phases": {}, "details": {}}
