"""The removal of a network that an engine says is in use: by whom, or only for a moment longer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from anyio.abc import SocketStream

from perry_ffi.backends.engine_api.resources import networks
from perry_ffi.errors import BackendError, Conflict, NotFound
from tests.engines.scripted import Answer, Asked, document
from tests.unit.backends.engine_api.routes import backend_with, route

pytestmark = pytest.mark.anyio

DONE = b"HTTP/1.1 204 No Content\r\n\r\n"
HELD = {
    "docker": document({"message": "error while removing network: network n id 1 has active endpoints"}, "403 Forbidden"),
    "podman": document(
        {"cause": "network is being used", "response": 500,
         "message": '"n" has associated containers with it. Use -f to forcibly delete containers and pods: network is being used'},
        "500 Internal Server Error",
    ),
}  # fmt: skip
NEWER = document({"message": 'error while removing network: network n has active endpoints (name:"c" id:"1")'}, "403 Forbidden")


def network(*endpoints: tuple[str, str]) -> bytes:
    attached = {ident: {"Name": name} for ident, name in endpoints}
    return document({"Id": "1", "Name": "n", "Driver": "bridge", "Created": "2026-01-01T00:00:00Z", "Containers": attached})


def containers(*rows: tuple[str, str, str], joined: str = "n") -> bytes:
    places = {joined: {"NetworkID": "1" if joined == "n" else "9"}}
    return document([
        {"Id": ident, "Names": [f"/{name}"], "Image": "i", "State": state, "Created": 0, "NetworkSettings": {"Networks": places}}
        for ident, name, state in rows
    ])  # fmt: skip


def after(count: int, first: bytes, then: bytes = DONE) -> Answer:
    """``first`` so many times, ``then`` from there on."""
    left = count

    async def answer(asked: Asked, stream: SocketStream) -> None:
        nonlocal left
        left -= 1
        await stream.send(first if left >= 0 else then)

    return answer


def routes(removal: bytes | Answer, listed: bytes = containers(), told: bytes = network()) -> dict[str, bytes | Answer]:
    return {"DELETE /networks/n": removal, "GET /networks/n": told, "GET /containers/json": listed}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "PAUSES", (0.001, 0.01))
    monkeypatch.setattr(networks, "STALE_SECONDS", 0.1)
    monkeypatch.setattr(networks, "LET_GO_SECONDS", 0.3)


@pytest.mark.parametrize("flavour", ["docker", "podman"])
async def test_an_engine_that_lets_go_a_moment_later_is_waited_for(tmp_path: Path, flavour: str) -> None:
    async with backend_with(tmp_path, flavour, routes(after(4, HELD[flavour]))) as (backend, engine):
        await backend.remove_network("n")
        assert [route(asked) for asked in engine.asked].count("DELETE /networks/n") == 5


async def test_the_words_of_a_newer_docker(tmp_path: Path) -> None:
    async with backend_with(tmp_path, "docker", routes(after(1, NEWER))) as (backend, _):
        await backend.remove_network("n")


@pytest.mark.parametrize("flavour", ["docker", "podman"])
async def test_who_is_on_it_is_named_at_once(tmp_path: Path, flavour: str) -> None:
    listed = containers(("2", "two", "running"), ("3", "three", "paused"))
    held = routes(HELD[flavour], listed, network(("2", "two"), ("3", "three")))
    async with backend_with(tmp_path, flavour, held) as (backend, engine):
        with pytest.raises(Conflict, match=r"^remove the network n: three, two are on it$") as caught:
            await backend.remove_network("n")
        details = caught.value.details
        assert details["containers"] == ["three", "two"] and "disconnect them" in details["remedy"] and details["output"]
        assert [route(asked) for asked in engine.asked].count("DELETE /networks/n") == 1


async def test_a_long_list_is_cut_in_the_message_alone(tmp_path: Path) -> None:
    rows = [(str(n), f"c{n:02}", "running") for n in range(10, 40)]
    async with backend_with(tmp_path, "docker", routes(HELD["docker"], containers(*rows))) as (backend, _):
        with pytest.raises(Conflict, match=r"c19 and 20 more are on it$") as caught:
            await backend.remove_network("n")
        assert len(caught.value.details["containers"]) == 30


@pytest.mark.parametrize("state", ["exited", "created", "removing", "dead"])
async def test_what_does_not_run_keeps_podmans_networks_alone(tmp_path: Path, state: str) -> None:
    held = routes(after(3, HELD["docker"]), containers(("2", "two", state)), network(("2", "two")))
    async with backend_with(tmp_path, "docker", held) as (backend, _):
        await backend.remove_network("n")
    async with backend_with(tmp_path, "podman", routes(HELD["podman"], containers(("2", "two", state)))) as (backend, _):
        with pytest.raises(Conflict, match="two is on it"):
            await backend.remove_network("n")


async def test_a_place_whose_container_is_gone_is_taken_away(tmp_path: Path) -> None:
    told: list[Any] = []

    async def disconnect(asked: Asked, stream: SocketStream) -> None:
        told.append(json.loads(asked.body))
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async def remove(asked: Asked, stream: SocketStream) -> None:
        await stream.send(DONE if told else HELD["docker"])

    held = routes(remove, containers(("3", "three", "running"), joined="m"), network(("2", "gone")))
    async with backend_with(tmp_path, "docker", {**held, "POST /networks/1/disconnect": disconnect}) as (backend, _):
        await backend.remove_network("n")
    assert told == [{"Container": "gone", "Force": True}]


async def test_the_wait_is_bounded_and_other_refusals_are_none(tmp_path: Path) -> None:
    async with backend_with(tmp_path, "docker", routes(HELD["docker"])) as (backend, _):
        with pytest.raises(Conflict, match="has active endpoints"):
            await backend.remove_network("n")
    predefined = document({"message": "bridge is a pre-defined network and cannot be removed"}, "403 Forbidden")
    async with backend_with(tmp_path, "docker", routes(predefined)) as (backend, engine):
        with pytest.raises(BackendError):
            await backend.remove_network("n")
        assert len(engine.asked) == 1
    missing = document({"message": "network n not found"}, "404 Not Found")
    async with backend_with(tmp_path, "docker", routes(missing)) as (backend, _):
        with pytest.raises(NotFound):
            await backend.remove_network("n")
    async with backend_with(tmp_path, "docker", routes(after(2, HELD["docker"], missing))) as (backend, _):
        await backend.remove_network("n")
    async with backend_with(tmp_path, "docker", routes(HELD["docker"], told=missing)) as (backend, _):
        await backend.remove_network("n")
