"""A container's place on a network, kept and taken again: what the engine gives back, and what it does not is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from anyio.abc import SocketStream

from tests.engines.scripted import Asked, document
from tests.unit.backends.engine_api.routes import backend_with

pytestmark = pytest.mark.anyio
MAC, BY_CHANCE, OF_ADDRESS = "02:aa:bb:cc:00:01", "3e:a8:31:63:9b:d6", "02:42:0a:63:01:02"


async def again(
    folder: Path, flavour: str, version: str, api: tuple[int, int], mac: str, config: str = ""
) -> tuple[Any, str | None]:
    """The MAC address that is sent when a place is taken again, and what is told of it."""
    sent: dict[str, Any] = {}
    there = {"n": {"IPAddress": "10.99.1.2", "MacAddress": mac, "NetworkID": "old"}}
    inspected: dict[str, Any] = {
        "Id": "1" * 64, "Name": "/c", "Image": "sha256:1", "Created": "2026-01-01T00:00:00Z",
        "Config": {"Image": "i", "MacAddress": config}, "State": {"Status": "running"}, "NetworkSettings": {"Networks": there},
    }  # fmt: skip

    async def container(asked: Asked, stream: SocketStream) -> None:
        await stream.send(document(inspected))

    async def connect(asked: Asked, stream: SocketStream) -> None:
        sent.update(json.loads(asked.body)["EndpointConfig"])
        await stream.send(document({}))

    network = {"Id": "2" * 64, "Name": "n", "Driver": "bridge", "Scope": "local", "Created": "2026-01-01T00:00:00Z"}
    routes = {
        "GET /containers/c/json": container, "GET /networks/n": document(network), "GET /networks": document([network]),
        "POST /networks/n/connect": connect, f"POST /networks/{'2' * 64}/connect": connect,
        f"GET /networks/{'2' * 64}": document(network),
    }  # fmt: skip
    async with backend_with(folder, flavour, routes) as (backend, _):
        backend.version = type(backend.version)(flavour, version, api)
        kept = await backend.keep_place("n", "c")
        assert kept is not None
        inspected["NetworkSettings"] = {"Networks": {}}
        told = await backend.take_place_again(kept)
    return sent.get("MacAddress"), told


@pytest.mark.parametrize(
    ("flavour", "version", "api", "mac", "config", "kept", "lost"),
    [
        ("docker", "28.5.2", (1, 51), MAC, MAC, True, True),
        ("docker", "28.5.2", (1, 51), BY_CHANCE, MAC, False, False),
        ("docker", "26.1.5", (1, 45), MAC, "", True, True),
        ("docker", "26.1.5", (1, 45), OF_ADDRESS, "", False, False),
        ("docker", "29.0.0", (1, 56), MAC, "", True, False),
        ("docker", "20.10.24", (1, 41), MAC, MAC, False, False),
        ("podman", "5.8.6", (1, 44), MAC, "", True, False),
    ],
)
async def test_a_mac_address_that_is_given_again_or_named(
    tmp_path: Path, flavour: str, version: str, api: tuple[int, int], mac: str, config: str, kept: bool, lost: bool
) -> None:
    sent, told = await again(tmp_path, flavour, version, api, mac, config)
    assert sent == (mac if kept else None)
    assert (mac in told) if lost and told else told is None and not lost
