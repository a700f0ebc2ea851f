"""Health, against an engine that says anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream

from perry_ffi.backends.engine_api.engine import EngineBackend
from perry_ffi.backends.engine_api.resources import health as module
from perry_ffi.errors import BackendError, Conflict, Timeout
from tests.engines.scripted import Asked, document
from tests.unit.backends.engine_api.routes import backend_with, route

pytestmark = pytest.mark.anyio
PROBE = "GET /v4.0.0/libpod/containers/web/healthcheck"
INSPECT = "GET /containers/web/json"
INFO = "GET /v4.0.0/libpod/info"
CHECK = {"Test": ["CMD-SHELL", "check"], "Timeout": 10**9}


def run(code: int, output: str) -> dict[str, Any]:
    return {"Start": "2026-01-01T00:00:00Z", "End": "2026-01-01T00:00:01Z", "ExitCode": code, "Output": output}


def container(status: str = "", log: Any = None, check: Any = CHECK, state: str = "running") -> bytes:
    return document(
        {
            "Id": "1",
            "Name": "/web",
            "Image": "sha256:1",
            "Created": "2026-01-01T00:00:00Z",
            "Config": {"Image": "bb", "Healthcheck": check},
            "State": {
                "Status": state,
                "Running": state in ("running", "paused"),
                "ExitCode": 0,
                "Health": {"Status": status, "FailingStreak": 0, "Log": log},
            },
        }
    )


async def test_podman_runs_one_probe_and_the_container_tells_the_count(tmp_path: Path) -> None:
    """Its answer to the probe is that probe's result alone: ``unhealthy`` at the first failure."""
    routes = {PROBE: document({"Status": "unhealthy"}), INSPECT: container("starting", [run(0, "a"), run(1, "no")])}
    async with backend_with(tmp_path, "podman", routes) as (backend, engine):
        found = await backend.probe_health("web")
        assert (found.status, found.exit_code, found.output) == ("starting", 1, "no")
        assert [route(item) for item in engine.asked].count(PROBE) == 1


async def test_docker_is_asked_and_runs_nothing(tmp_path: Path) -> None:
    async with backend_with(tmp_path, "docker", {INSPECT: container("healthy", [run(0, "yes")])}) as (backend, engine):
        found = await backend.probe_health("web")
        assert (found.status, found.exit_code, found.output) == ("healthy", 0, "yes")
        assert {route(item) for item in engine.asked} == {INSPECT}


@pytest.mark.parametrize("flavour", ["docker", "podman"])
@pytest.mark.parametrize(
    "shape", [{"check": None}, {"check": {}}, {"check": {"Test": ["NONE"]}}, {"state": "exited"}, {"state": "created"}]
)
async def test_nothing_to_probe(tmp_path: Path, flavour: str, shape: dict[str, Any]) -> None:
    routes = {PROBE: document({"cause": "", "message": "is not running"}, "409 Conflict"), INSPECT: container(**shape)}
    async with backend_with(tmp_path, flavour, routes) as (backend, _):
        with pytest.raises(Conflict):
            await backend.probe_health("web")


async def test_before_the_first_probe(tmp_path: Path) -> None:
    for log in (None, []):
        async with backend_with(tmp_path, "docker", {INSPECT: container("", log)}) as (backend, _):
            found = await backend.probe_health("web")
            assert (found.status, found.exit_code, found.output) == ("starting", None, "")
            assert await backend.health_log("web") == []


async def test_the_log_of_probes(tmp_path: Path) -> None:
    async with backend_with(tmp_path, "docker", {INSPECT: container("healthy", [run(1, "no"), run(0, "yes")])}) as (
        backend,
        _,
    ):
        log = await backend.health_log("web")
        assert [(item.status, item.exit_code, item.output) for item in log] == [
            ("unhealthy", 1, "no"), ("healthy", 0, "yes"),
        ]  # fmt: skip


@pytest.mark.parametrize("log", [7, [7], [{}], [{"ExitCode": "x"}], {"a": 1}])
async def test_a_damaged_log_is_a_coded_error(tmp_path: Path, log: Any) -> None:
    async with backend_with(tmp_path, "docker", {INSPECT: container("healthy", log)}) as (backend, _):
        with pytest.raises(BackendError):
            await backend.health_log("web")


async def test_a_probe_beyond_its_timeout_counts_and_one_without_end_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = document({"message": "healthcheck command exceeded timeout of 1s"}, "500 Internal Server Error")
    routes: dict[str, Any] = {PROBE: said}
    for code in (-1, 125):  # podman 4.3 and 5.4; 5.8
        routes[INSPECT] = container("unhealthy", [run(code, "")])
        async with backend_with(tmp_path, "podman", routes) as (backend, _):
            found = await backend.probe_health("web")
            assert (found.status, found.exit_code) == ("unhealthy", -1)

    async def silent(asked: Asked, stream: SocketStream) -> None:
        await anyio.sleep_forever()

    monkeypatch.setattr(module, "_GRACE", 0.05)
    quick = {**CHECK, "Timeout": 10**7}
    async with backend_with(tmp_path, "podman", {PROBE: silent, INSPECT: container(check=quick)}) as (backend, _):
        with pytest.raises(Timeout) as caught:
            await backend.probe_health("web")
        assert caught.value.details["seconds"] == pytest.approx(0.06)


@pytest.mark.parametrize(("manager", "expected"), [("systemd", True), ("cgroupfs", False), (None, False)])
async def test_who_runs_the_probes_of_a_podman_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manager: Any, expected: bool
) -> None:
    monkeypatch.setattr(EngineBackend, "local", False)
    async with backend_with(tmp_path, "podman", {INFO: document({"host": {"cgroupManager": manager}})}) as (
        backend,
        engine,
    ):
        assert await backend.health_probes_run_by_engine() is expected
        assert await backend.health_probes_run_by_engine() is expected
        assert len(engine.asked) == 1


@pytest.mark.parametrize("runs", [True, False])
async def test_on_this_machine_systemd_runs_them_or_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: bool) -> None:
    monkeypatch.setattr(module, "SYSTEMD_RUNS", str(tmp_path if runs else tmp_path / "none"))
    async with backend_with(tmp_path, "podman", {}) as (backend, engine):
        assert await backend.health_probes_run_by_engine() is runs
        assert not engine.asked


async def test_docker_runs_its_probes(tmp_path: Path) -> None:
    async with backend_with(tmp_path, "docker", {}) as (backend, engine):
        assert await backend.health_probes_run_by_engine() is True
        assert not engine.asked
