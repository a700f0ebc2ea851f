"""Docker before 28.1 loses count of the places on a network where three containers or more end at the same moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketStream

from perry_ffi.backends.engine_api.engine import EngineBackend
from tests.engines.scripted import Asked, document
from tests.unit.backends.engine_api.routes import backend_with, route

pytestmark = pytest.mark.anyio
DONE = b"HTTP/1.1 204 No Content\r\n\r\n"
Ending = Callable[[EngineBackend], Awaitable[None]]


async def forced(backend: EngineBackend) -> None:
    await backend.remove_container("c", force=True, volumes=False)


def container(status: str = "running", grace: int | None = 10, networks: tuple[str, ...] = ("n",), restart: str = "no") -> bytes:
    return document({
        "Id": "1", "HostConfig": {"RestartPolicy": {"Name": restart}}, "Name": "/c", "Image": "sha256:1", "Created": "2026-01-01T00:00:00Z",
        "Config": {"Image": "bb", "StopTimeout": grace}, "State": {"Status": status, "ExitCode": 0},
        "NetworkSettings": {"Networks": {name: {"NetworkID": "1"} for name in networks}},
    })  # fmt: skip


class Counter:
    """How many of the calls that end a container are under way, and how many at most were."""

    def __init__(self, seconds: float = 0.05) -> None:
        self.now = self.most = 0
        self._seconds = seconds

    async def answer(self, asked: Asked, stream: SocketStream) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        await anyio.sleep(self._seconds)
        self.now -= 1
        await stream.send(DONE)


async def most(folder: Path, call: Ending, told: bytes, flavour: str = "docker", api: tuple[int, int] = (1, 41)) -> int:
    counter = Counter()
    posts = ("containers/c/stop", "containers/c/kill", "containers/c/restart", "networks/n/disconnect")
    ending = {f"POST /{path}": counter.answer for path in posts}
    removals = {"DELETE /containers/c": counter.answer, "DELETE /v4.0.0/libpod/containers/c": counter.answer}
    async with backend_with(folder, flavour, {"GET /containers/c/json": told, **ending, **removals}) as (backend, engine):
        backend.version = type(backend.version)(flavour, "1", api)
        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(call, backend)
        assert sum(route(asked) in {**ending, **removals} for asked in engine.asked) == 8
    return counter.most


@pytest.mark.parametrize(
    "call",
    [
        forced,
        lambda backend: backend.stop_container("c", 0),
        lambda backend: backend.kill_container("c"),
        lambda backend: backend.kill_container("c", "sigkill"),
        lambda backend: backend.restart_container("c", 0),
        lambda backend: backend.disconnect_network("n", "c"),
    ],
    ids=["removal", "stop", "kill", "kill in another spelling", "restart", "disconnect"],
)
async def test_two_at_a_time_are_ended(tmp_path: Path, call: Ending) -> None:
    assert await most(tmp_path, call, container()) == 2


async def test_a_grace_of_none_at_all_is_an_end_too(tmp_path: Path) -> None:
    assert await most(tmp_path, lambda backend: backend.stop_container("c"), container(grace=0)) == 2
    assert await most(tmp_path, lambda backend: backend.stop_container("c"), container(grace=10)) > 2
    assert await most(tmp_path, lambda backend: backend.restart_container("c"), container(grace=0)) == 2
    assert await most(tmp_path, lambda backend: backend.restart_container("c"), container(grace=10)) > 2


async def test_what_ends_no_place_and_engines_that_keep_count_wait_for_nobody(tmp_path: Path) -> None:
    assert await most(tmp_path, forced, container("exited")) > 2
    # It is told before it starts again: a turn that it waits for would be another start and another end of it.
    assert await most(tmp_path, forced, container("restarting")) > 2
    assert await most(tmp_path, forced, container(networks=())) > 2
    assert await most(tmp_path, lambda backend: backend.kill_container("c", "HUP"), container()) > 2
    assert await most(tmp_path, lambda backend: backend.stop_container("c", 3), container()) > 2
    assert await most(tmp_path, forced, container(), api=(1, 49)) > 2
    assert await most(tmp_path, forced, container(), flavour="podman") > 2


async def test_one_that_is_cancelled_lets_the_next_in(tmp_path: Path) -> None:
    routes = {"GET /containers/c/json": container(), "DELETE /containers/c": DONE}
    async with backend_with(tmp_path, "docker", routes) as (backend, _):
        for _ in range(3):
            with anyio.move_on_after(0):
                await forced(backend)
        with anyio.fail_after(5):
            for _ in range(3):
                await forced(backend)


@pytest.mark.parametrize(
    ("call", "looks"), [(forced, 1), (lambda backend: backend.kill_container("c"), 2)], ids=["removal", "kill"]
)
async def test_a_turn_ends_with_the_removal_and_else_with_a_look_that_waits(tmp_path: Path, call: Ending, looks: int) -> None:
    routes = {"GET /containers/c/json": container(), "DELETE /containers/c": DONE, "POST /containers/c/kill": DONE}
    async with backend_with(tmp_path, "docker", routes) as (backend, engine):
        await call(backend)
        assert [route(asked) for asked in engine.asked].count("GET /containers/c/json") == looks


REFUSED = b'HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"message":"no"}'


@pytest.mark.parametrize(
    ("told", "api", "flavour", "refuses", "left", "killed"),
    [
        (container(), (1, 41), "docker", False, 2, range(3, 9)),
        (container(), (1, 41), "docker", True, 0, range(2, 3)),
        (container(restart="always"), (1, 41), "docker", False, 0, range(2, 3)),
        (container(), (1, 49), "docker", False, 0, range(3, 9)),
        (container(), (1, 41), "podman", False, 0, range(3, 9)),
        (container("exited"), (1, 41), "docker", False, 0, range(3, 9)),
    ],
    ids=["taken off in turns", "a place that stays", "started again", "an engine that keeps count", "podman", "not running"],
)
async def test_what_is_to_be_removed_leaves_its_networks_and_needs_no_turn_to_end(
    tmp_path: Path, told: bytes, api: tuple[int, int], flavour: str, refuses: bool, left: int, killed: range
) -> None:
    """left: how many are taken off a network at a time, at most; killed: the same of the kills, for each of 8 once."""
    leaving, killing = Counter(0.01), Counter(0.2)

    async def refuse(asked: Asked, stream: SocketStream) -> None:
        await stream.send(REFUSED)

    routes = {
        "GET /containers/c/json": told, "POST /networks/1/disconnect": refuse if refuses else leaving.answer,
        "POST /containers/c/kill": killing.answer,
    }  # fmt: skip
    async with backend_with(tmp_path, flavour, routes) as (backend, engine):
        backend.version = type(backend.version)(flavour, "1", api)
        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(backend.end_container, "c")
        kills = [asked for asked in engine.asked if route(asked) == "POST /containers/c/kill"]
    assert len(kills) == 8 and leaving.most == left and killing.most in killed


async def test_what_has_ended_meanwhile_is_no_failure_of_its_end(tmp_path: Path) -> None:
    refusal = REFUSED.replace(b"403 Forbidden", b"409 Conflict")
    routes = {"GET /containers/c/json": container("exited"), "POST /containers/c/kill": refusal}
    async with backend_with(tmp_path, "docker", routes) as (backend, _):
        await backend.end_container("c")
