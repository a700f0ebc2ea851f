"""The exit code of a wait: never 0 for a code that the engine lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream

from perry_ffi.errors import BackendError, Conflict, NotFound, Timeout
from tests.engines.scripted import Answer, Asked, document
from tests.unit.backends.engine_api.routes import STREAMED, backend_with, chunk, line, query

pytestmark = pytest.mark.anyio

IDENT = "d" * 64
OWN = f"POST /v4.0.0/libpod/containers/{IDENT}/wait"
EVENTS = "GET /v4.0.0/libpod/events"
GONE = document({"message": "no such container", "cause": "no such container"}, "404 Not Found")


def inspected(status: str, code: int = 0, policy: str = "", **state: Any) -> bytes:
    return document({
        "Id": IDENT, "Name": "/c", "Image": "sha256:1", "Created": "2026-01-01T00:00:00Z", "Config": {"Image": "bb"},
        "HostConfig": {"RestartPolicy": {"Name": policy}},
        "State": {"Status": status, "ExitCode": code, "StartedAt": "2026-01-01T00:00:01.5Z", **state},
    })  # fmt: skip


def event(action: str, code: int, second: float, **labels: str) -> dict[str, Any]:
    """As podman's own API tells it."""
    return {
        "Type": "container", "Action": action, "timeNano": int((1767225600 + second) * 10**9),
        "Actor": {"ID": IDENT, "Attributes": {"containerExitCode": str(code), "name": "c", **labels}},
    }  # fmt: skip


def events(*told: dict[str, Any]) -> bytes:
    return STREAMED + b"".join(map(line, told)) + chunk(b"")


async def waited(folder: Path, routes: dict[str, Any], flavour: str = "podman") -> tuple[Any, list[Asked]]:
    async with backend_with(folder, flavour, routes) as (backend, engine):
        try:
            return await backend.wait_container("c"), engine.asked
        except (NotFound, BackendError, Conflict) as error:
            return error, engine.asked


async def test_podman_tells_it_itself(tmp_path: Path) -> None:
    found, asked = await waited(tmp_path, {"GET /containers/c/json": inspected("running"), OWN: document(42)})
    assert found == 42 and len(asked) == 2
    found, asked = await waited(tmp_path, {"GET /containers/c/json": inspected("exited", 7)})
    assert found == 7 and len(asked) == 1


@pytest.mark.parametrize(
    "own",
    [
        GONE, document(-1), document({"message": "container has already been removed"}, "500 X"), document("odd"),
        document({"message": "read /proc/1/cgroup: no such process"}, "500 X"),
    ],
)  # fmt: skip
async def test_what_podman_lost_its_events_tell(tmp_path: Path, own: bytes) -> None:
    told = events(
        event("died", 1, 1.2),
        event("start", 0, 1.4),
        event("died", 42, 1.9, exitCode="9"),
        event("cleanup", 0, 2.0),
        event("remove", 0, 2.1),
    )
    routes = {"GET /containers/c/json": inspected("running"), OWN: own, EVENTS: told}
    found, asked = await waited(tmp_path, routes)
    assert found == 42
    assert query(asked[-1]) == {"since": "1767225601", "stream": "false", "filters": json.dumps({"container": [IDENT]})}


@pytest.mark.parametrize("told", [events(), events(event("remove", 0, 3)), document({"message": "no events here"}, "500 X")])
async def test_a_code_that_nobody_knows_is_no_code(tmp_path: Path, told: bytes) -> None:
    found, _ = await waited(tmp_path, {"GET /containers/c/json": inspected("running"), OWN: GONE, EVENTS: told})
    assert isinstance(found, NotFound)
    found, _ = await waited(tmp_path, {"GET /containers/c/json": inspected("running"), OWN: document(-1), EVENTS: told})
    assert isinstance(found, BackendError) and "no exit code" in found.message


async def test_what_is_gone_before_the_wait_is_not_found(tmp_path: Path) -> None:
    found, asked = await waited(tmp_path, {"GET /containers/c/json": GONE, EVENTS: events(event("died", 42, 2))})
    assert isinstance(found, NotFound) and len(asked) == 1


async def test_what_never_ran_has_none(tmp_path: Path) -> None:
    for status in ("created", "configured", "initialized"):
        found, _ = await waited(tmp_path, {"GET /containers/c/json": inspected(status), OWN: document(0)})
        assert isinstance(found, Conflict)


async def test_docker_s_own_wait(tmp_path: Path) -> None:
    wait = "POST /containers/c/wait"
    routes = {"GET /containers/c/json": inspected("running"), wait: document({"StatusCode": 42, "Error": None})}
    found, asked = await waited(tmp_path, routes, "docker")
    assert found == 42 and query(asked[-1]) == {"condition": "not-running"}
    for odd in ({"StatusCode": -1}, {}, {"StatusCode": None, "Error": {"Message": "why"}}):
        found, _ = await waited(tmp_path, {**routes, wait: document(odd)}, "docker")
        assert isinstance(found, BackendError) and found.details.get("output") == ("why" if "Error" in odd else None)


def live(*told: dict[str, Any]) -> Answer:
    """The engine's events as they come; then it is silent."""

    async def tell(asked: Asked, stream: SocketStream) -> None:
        await stream.send(STREAMED + b"".join(map(line, told)))
        await anyio.sleep_forever()

    return tell


def compatible(code: int, second: float) -> dict[str, Any]:
    found = event("die", code, second)
    found["Actor"]["Attributes"]["exitCode"] = str(code)
    return found


async def test_the_first_end_of_one_that_starts_again(tmp_path: Path) -> None:
    """Its next runs may be there before podman looks."""
    later = compatible(5, 10**9)
    routes = {
        "GET /containers/c/json": inspected("running", policy="always"), f"GET /containers/{IDENT}/json": inspected("running", policy="always"),
        "GET /events": live(compatible(4, -10), later, compatible(6, 10**9 + 1)),
    }  # fmt: skip
    found, asked = await waited(tmp_path, routes)
    assert found == 5 and not any(one.method == "POST" for one in asked)
    ended = {**routes, f"GET /containers/{IDENT}/json": inspected("exited", 3, "on-failure"), "GET /events": live()}
    assert (await waited(tmp_path, ended))[0] == 3, "it ended before anybody followed it"


async def test_a_bound(tmp_path: Path) -> None:
    async def never(asked: Asked, stream: SocketStream) -> None:
        await anyio.sleep_forever()

    async with backend_with(tmp_path, "podman", {"GET /containers/c/json": inspected("running"), OWN: never}) as (backend, _):
        with pytest.raises(Timeout):
            await backend.wait_container("c", 0.2)


@pytest.mark.parametrize(("flavour", "code"), [("podman", 42), ("docker", 7)])
async def test_labels_that_are_called_as_the_exit_code(tmp_path: Path, flavour: str, code: int) -> None:
    """On docker they take the attributes' place in events, so there its wait is asked; podman's are its own."""
    labelled = json.loads(inspected("created").partition(b"\r\n\r\n")[2])
    labelled["Config"]["Labels"] = {"exitCode": "1"}
    running = json.loads(inspected("running").partition(b"\r\n\r\n")[2])
    looks = [document(labelled), document(running)]

    async def look(asked: Asked, stream: SocketStream) -> None:
        await stream.send(looks.pop(0) if len(looks) > 1 else looks[0])

    routes = {
        "GET /containers/c/json": look, f"GET /containers/{IDENT}/json": look, "GET /events": live(compatible(42, 10**9)),
        f"POST /containers/{IDENT}/wait": document({"StatusCode": 7}),
    }  # fmt: skip
    async with backend_with(tmp_path, flavour, routes) as (backend, _):
        watch = await backend.wait_exit("c")
        assert await watch.exit_code(5) == code
        await watch.aclose()


async def test_a_watch_where_podman_keeps_no_events(tmp_path: Path) -> None:
    refused = STREAMED + line({"message": 'cannot read events with the "none" logger', "response": 500}) + chunk(b"")
    routes = {
        "GET /containers/c/json": inspected("created"), f"GET /containers/{IDENT}/json": inspected("running"),
        "GET /events": refused, OWN: document(42),
    }  # fmt: skip
    async with backend_with(tmp_path, "podman", routes) as (backend, _):
        watch = await backend.wait_exit("c")
        assert await watch.exit_code(5) == 42
        await watch.aclose()
    async with backend_with(tmp_path, "podman", {**routes, OWN: GONE}) as (backend, _):
        watch = await backend.wait_exit("c")
        with pytest.raises(BackendError, match="ended the stream"):
            await watch.exit_code(5)
