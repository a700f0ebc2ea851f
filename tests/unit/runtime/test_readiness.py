"""When a container counts as started, healthy or completed, and what an error tells where it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import NotFound, ServiceStartupFailed
from perry_ffi.model.container import ContainerInfo
from perry_ffi.model.container_facts import HealthCheckInfo, Probe, RestartPolicy
from perry_ffi.model.event import EngineEvent
from perry_ffi.runtime.readiness import LONG_AGO_SECONDS, SETTLED_SECONDS, Readiness, Settling, Verdict, judge
from perry_ffi.runtime.watch import Watch
from perry_ffi.stack.naming import SERVICES
from tests.unit.stack.rig import Rig, project

anyio_test = pytest.mark.anyio


def info(
    status: str, *, code: int | None = None, health: str | None = None, test: bool = False, restart: str = "no", count: int = 0
) -> ContainerInfo:
    name, _, tries = restart.partition(":")
    return ContainerInfo(
        id="i", name="n", image="i", status=status, created="", exit_code=code, health=health, restart_count=count,
        restart=RestartPolicy(name, int(tries or 0)), health_check=HealthCheckInfo(test=["CMD", "x"]) if test else None,
    )  # fmt: skip


@pytest.mark.parametrize(("condition", "container", "crashes", "verdict"), [
    ("serving", info("running"), 0, "reached"),
    ("serving", info("running", health="starting", test=True), 0, "wait"),
    ("serving", info("running", health="healthy", test=True), 0, "reached"),
    ("serving", info("exited", code=0), 0, "it ended (exit code 0), and was to go on"),
    ("started", info("created"), 0, "wait"),
    ("started", info("running"), 0, "reached"),
    ("started", info("exited", code=1), 1, "reached"),
    ("healthy", info("running", health="starting", test=True), 0, "wait"),
    ("healthy", info("running", health="healthy", test=True), 0, "reached"),
    ("healthy", info("running", health="unhealthy", test=True), 0, "it is unhealthy"),
    ("healthy", info("running"), 0, "no health check"),
    ("healthy", info("exited", code=0), 0, "before it was healthy"),
    ("healthy", info("exited", code=3), 1, "exit code 3"),
    ("completed", info("running"), 0, "wait"),
    ("completed", info("exited", code=0), 0, "reached"),
    ("completed", info("exited", code=2), 1, "exit code 2"),
    ("completed", info("restarting", code=2, restart="on-failure"), 1, "wait"),
    ("ready", info("running"), 0, "reached"),
    ("ready", info("running", health="starting", test=True), 0, "wait"),
    ("ready", info("exited", code=0), 0, "reached"),
    ("ready", info("exited", code=1), 1, "exit code 1"),
    ("ready", info("exited", code=1, restart="always"), 2, "wait"),
    ("ready", info("restarting", code=1, restart="always"), 3, "keeps crashing (3 times"),
    ("ready", info("running", restart="always"), 3, "keeps crashing"),
    ("completed", info("exited", code=2, restart="on-failure"), 0, "wait"),
    ("completed", info("exited", code=2, restart="on-failure:5", count=4), 4, "wait"),
    ("completed", info("running", restart="on-failure:5", count=5), 5, "wait"),
    ("completed", info("exited", code=2, restart="on-failure:1", count=1), 1, "exit code 2"),
    ("completed", info("exited", code=2, restart="on-failure:1", count=1), 2, "keeps crashing (2 times"),
    ("ready", info("restarting", code=0, restart="always"), 0, "wait"),
    ("ready", info("dead", code=0), 0, "exit code 0"),
])  # fmt: skip
def test_the_verdict(condition: str, container: ContainerInfo, crashes: int, verdict: str) -> None:
    found = judge(condition, container, crashes)
    if verdict == "wait":
        assert not found.reached and found.failure is None
    elif verdict == "reached":
        assert found.reached
    else:
        assert not found.reached and verdict in (found.failure or "")


def test_what_ends_well_over_and_over_does_what_it_was_told_to() -> None:
    again = info("restarting", code=0, restart="always")
    assert judge("ready", again, 0, ended_well=True).reached and judge("completed", again, 0, ended_well=True).reached
    assert judge("healthy", again, 0, ended_well=True) == judge("ready", again, 1, ended_well=True) == Verdict()


def test_what_somebody_stopped_is_not_waited_for() -> None:
    assert "exit code 137" in (judge("healthy", info("exited", code=137, restart="always"), 1, stopped=True).failure or "")


def test_what_has_no_health_check_has_to_run_for_a_while() -> None:
    def run(second: int, status: str = "running", **more: Any) -> ContainerInfo:
        return info(status, **more).model_copy(update={"started_at": f"2026-01-01T00:00:{second:02d}Z"})

    start = 1767225600.0
    settling = Settling()
    assert settling.seconds_left("ready", run(0), 0, 100.0, start) == SETTLED_SECONDS
    assert settling.seconds_left("ready", run(0), 0, 100.2, start) == pytest.approx(SETTLED_SECONDS - 0.2)
    assert settling.seconds_left("ready", run(0), 0, 101.0, start) == 0
    assert settling.seconds_left("ready", run(1), 1, 101.0, start) == SETTLED_SECONDS, "it crashed and runs again"
    assert settling.seconds_left("ready", run(2), 0, 101.0, start) == 0, "it ended well and runs again"
    for other in (("started", run(0)), ("ready", run(0, "exited")), ("ready", run(0, health="healthy", test=True))):
        assert Settling().seconds_left(*other, 0, 100.0, start) == 0
    assert Settling().seconds_left("ready", run(0), 0, 100.0, start + LONG_AGO_SECONDS + 1) == 0
    assert Settling().seconds_left("ready", run(9), 0, 100.0, start) == SETTLED_SECONDS, "clocks differ"
    checked, watched = run(0, health="healthy", test=True), Settling(30)
    assert watched.seconds_left("serving", checked, 0, 100.0, start + 20) == 30, "from when it is healthy"
    assert watched.seconds_left("serving", checked, 0, 110.0, start + 30) == 20
    assert Settling(30).seconds_left("serving", run(0), 0, 100.0, start) == 30
    assert Settling(30).seconds_left("serving", run(0), 0, 100.0, start + 36) == 0, "long ago"


def test_health_of_a_former_run_is_none_of_this_one() -> None:
    """An engine may keep the word of the last probe until the next."""
    began = 1767225600.0  # 2026-01-01
    before, after, untold = Probe(began - 2, True), Probe(began + 2, True), Probe(0, True)
    run = info("running", health="healthy", test=True).model_copy(update={"started_at": "2026-01-01T00:00:00Z"})
    for probes, reached in (([], True), ([before], False), ([before, after], True), ([untold], True)):
        assert judge("healthy", run.model_copy(update={"probes": probes}), 0).reached is reached
    bad = run.model_copy(update={"health": "unhealthy", "probes": [before]})
    assert judge("healthy", bad, 0) == Verdict()


class Lives:
    """An engine whose container tells what it is at each look; the last look counts on."""

    def __init__(self, *looks: ContainerInfo) -> None:
        self.looks = list(looks)

    async def inspect_container(self, name: str) -> ContainerInfo:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    async def health_probes_run_by_engine(self) -> bool:
        return True

    async def container_logs(self, name: str, options: object = None) -> object:
        raise NotFound("gone")

    health_log = container_logs


def _ended(second: int, code: int) -> EngineEvent:
    return EngineEvent(kind="container", action="die", id="i", time=(1767225600 + second) * 10**9, exit_code=code)


@anyio_test
async def test_the_end_of_the_life_before_is_no_crash_of_this_one() -> None:
    """A step of the plan stopped it, with the code of a signal, and another one started it."""
    began = {"started_at": "2026-01-01T00:00:10Z"}
    crashed = info("exited", code=3, restart="on-failure:1", count=0).model_copy(update=began)
    well = info("exited", code=0, restart="on-failure:1", count=1).model_copy(update={"started_at": "2026-01-01T00:00:20Z"})
    watch = Watch()
    watch.note(_ended(5, 137))
    watch.note(_ended(11, 3))
    waiting = Readiness(Lives(crashed, well), watch, SERVICES)  # type: ignore[arg-type]
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(waiting.until, "a", "n", "completed", 60)
            await anyio.sleep(0.05)
            watch.note(_ended(21, 0))
    worse = info("exited", code=4, restart="on-failure:1", count=1).model_copy(update={"started_at": "2026-01-01T00:00:20Z"})
    watch.note(_ended(22, 4))
    with pytest.raises(ServiceStartupFailed) as caught:
        await Readiness(Lives(crashed, worse), watch, SERVICES).until("a", "n", "completed", 60)  # type: ignore[arg-type]
    assert "keeps crashing (2 times" in caught.value.message and caught.value.details["exitCode"] in (3, 4)


@anyio_test
async def test_one_that_takes_its_place_is_waited_for_by_its_own_events() -> None:
    """Somebody made it anew under its name: nothing happens to the former one any more."""
    former = info("created")
    created, running = (info(status).model_copy(update={"id": "j"}) for status in ("created", "running"))
    engine, watch = Lives(former, created, running), Watch()
    waiting = Readiness(engine, watch, SERVICES)  # type: ignore[arg-type]
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(waiting.until, "a", "n", "started", 60)
            await anyio.sleep(0.02)
            watch.note(EngineEvent(kind="container", action="rename", id="i", time=1))
            await anyio.sleep(0.02)
            watch.note(EngineEvent(kind="container", action="start", id="j", time=2))


@anyio_test
@pytest.mark.parametrize("condition", ["service_healthy", "service_completed_successfully"])
async def test_a_failure_has_its_evidence(tmp_path: Path, condition: str) -> None:
    rig = Rig(tmp_path, a=Behaviour(exit_code=4, stdout="one\ntwo\n"))
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(project({"a": {}, "b": {"depends_on": {"a": {"condition": condition}}}}))
    assert caught.value.details["exitCode"] == 4 and caught.value.details["logs"] == ["one", "two"]
    assert not rig.world.boxes
