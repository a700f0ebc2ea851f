"""Docker from 26 on may list a container as it was before a verb that is done."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketStream

from perry_ffi.backends.engine_api.engine import EngineBackend
from perry_ffi.backends.engine_api.resources import list_agreement
from tests.engines.scripted import Asked, document
from tests.unit.backends.engine_api.routes import backend_with, query, route

pytestmark = pytest.mark.anyio
DONE = b"HTTP/1.1 204 No Content\r\n\r\n"
STOPPED = document({
    "Id": "1" * 64, "Name": "/c", "Image": "sha256:1", "Created": "2026-01-01T00:00:00Z", "Config": {"Image": "bb"},
    "State": {"Status": "exited", "ExitCode": 0},
})  # fmt: skip
VERBS: dict[str, Callable[[EngineBackend], Awaitable[object]]] = {
    "stop": lambda backend: backend.stop_container("c"),
    "kill": lambda backend: backend.kill_container("c", "SIGTERM"),
    "restart": lambda backend: backend.restart_container("c"),
    "pause": lambda backend: backend.pause_container("c"),
    "unpause": lambda backend: backend.unpause_container("c"),
    "wait": lambda backend: backend.wait_container("c"),
}


class Lists:
    """A list that lags behind for so many answers."""

    def __init__(self, late: int) -> None:
        self.late, self.asked = late, 0

    async def answer(self, asked: Asked, stream: SocketStream) -> None:
        assert json.loads(query(asked)["filters"]) == {"id": ["1" * 64]}
        self.asked += 1
        await stream.send(document([{"Id": "1" * 64, "State": "running" if self.asked <= self.late else "exited"}]))


async def lists(folder: Path, verb: str, late: int, flavour: str = "docker", api: tuple[int, int] = (1, 45)) -> int:
    found = Lists(late)
    posts = {f"POST /containers/c/{name}": DONE for name in VERBS} | {"POST /containers/c/wait": document({"StatusCode": 0})}
    routes = {**posts, "GET /containers/c/json": STOPPED, "GET /containers/json": found.answer}
    async with backend_with(folder, flavour, routes) as (backend, engine):
        backend.version = type(backend.version)(flavour, "1", api)
        with anyio.fail_after(10):
            await VERBS[verb](backend)
        assert any(route(asked) == f"POST /containers/c/{verb}" for asked in engine.asked)
    return found.asked


@pytest.mark.parametrize("verb", VERBS)
async def test_a_verb_answers_when_the_list_agrees(tmp_path: Path, verb: str) -> None:
    assert await lists(tmp_path, verb, late=3) == 4
    assert await lists(tmp_path, verb, late=0) == 1


async def test_no_list_is_asked_for_where_none_lags(tmp_path: Path) -> None:
    assert await lists(tmp_path, "stop", late=3, api=(1, 41)) == 0
    assert await lists(tmp_path, "stop", late=3, flavour="podman") == 0


async def test_a_list_that_never_agrees_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_agreement, "PATIENCE_SECONDS", 0.1)
    assert 1 < await lists(tmp_path, "stop", late=10**6) < 60


async def test_what_is_gone_agrees_with_everything(tmp_path: Path) -> None:
    async with backend_with(tmp_path, "docker", {"POST /containers/c/stop": DONE}) as (backend, _):
        backend.version = type(backend.version)("docker", "1", (1, 45))
        await backend.stop_container("c", 5)
