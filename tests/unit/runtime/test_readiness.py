"""When a container counts as started, healthy or completed, and what an error tells where it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import ServiceStartupFailed
from perry_ffi.model.container import ContainerInfo
from perry_ffi.model.container_facts import HealthCheckInfo, RestartPolicy
from perry_ffi.runtime.readiness import LONG_AGO_SECONDS, SETTLED_SECONDS, Settling, Verdict, judge
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


@anyio_test
@pytest.mark.parametrize("condition", ["service_healthy", "service_completed_successfully"])
async def test_a_failure_has_its_evidence(tmp_path: Path, condition: str) -> None:
    rig = Rig(tmp_path, a=Behaviour(exit_code=4, stdout="one\ntwo\n"))
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(project({"a": {}, "b": {"depends_on": {"a": {"condition": condition}}}}))
    assert caught.value.details["exitCode"] == 4 and caught.value.details["logs"] == ["one", "two"]
    assert not rig.world.boxes
