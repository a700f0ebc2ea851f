"""Which engine a client takes, what it says of the choice, and when it asks the others."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.api import backends
from perry_ffi.backends import elsewhere
from perry_ffi.backends.engine_api.drivers.api_driver import ApiDriver
from perry_ffi.errors import BackendNotAvailable
from perry_ffi.service.client import Client
from tests.engines.scripted import PODMAN, VERSION, scripted_engine, telling
from tests.unit.backends.test_detect import hang, short  # noqa: F401

pytestmark = pytest.mark.anyio
LABELS = {"com.docker.compose.project": "shop"}


@pytest.fixture(autouse=True)
def no_usual_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own engines play no part."""
    monkeypatch.setattr(ApiDriver, "usual_sockets", lambda driver, settings: [f"{settings.home}/{driver.name}.sock"])


@asynccontextmanager
async def client(home: Path, **environ: str) -> AsyncIterator[Client]:
    said = {key: value.format(home=home) for key, value in environ.items()}
    found = Client({"HOME": str(home), "PATH": str(home), "PERRY_CONTAINER_PROBE_TIMEOUT": "0.5", **said})
    yield found
    await found.aclose()


@pytest.fixture
async def both(short: Path) -> AsyncIterator[Path]:
    async with (
        scripted_engine(short / "docker.sock", telling(VERSION)),
        scripted_engine(short / "podman.sock", telling(PODMAN)),
    ):
        yield short


async def test_detection_takes_the_server_that_is_named_or_none(both: Path) -> None:
    async with client(both, DOCKER_HOST="unix://{home}/docker.sock") as found:
        assert found.order[0] == "docker"
        rows = await backends.detect(found)
        assert [(row.name, row.available) for row in rows if row.available] == [("docker", True), ("podman", True)]
        assert found.active is not None and found.active.name == "docker"
    async with client(both, DOCKER_HOST="unix://{home}/none.sock") as found:
        rows = await backends.detect(found)
        assert {row.name: row.available for row in rows} == {"docker": False, "podman": True, "nerdctl": False}
        assert found.active is None
        with pytest.raises(BackendNotAvailable):
            await found.backend()
        assert (await backends.set_one(found, "podman")).name == "podman"


async def test_who_is_asked_for_something_that_is_not_here(both: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others, but only where the engine was found and not named."""
    asked: list[str] = []

    async def held(settings: Any, used: Any, slow: Any, labels: Any) -> list[Any]:
        asked.append(used.name)
        return []

    monkeypatch.setattr(elsewhere, "held_elsewhere", held)
    for expected, environ in (
        (["podman"], {}), (["podman"], {"PERRY_CONTAINER_BACKEND": "podman,docker"}), ([], {"PERRY_CONTAINER_BACKEND": "docker"}),
        ([], {"DOCKER_HOST": "unix://{home}/docker.sock"}), ([], {"CONTAINER_HOST": "unix://{home}/podman.sock"}),
        (["podman"], {"DOCKER_HOST": "unix://{home}/docker.sock", "PERRY_CONTAINER_MODE": "local-first"}),
    ):  # fmt: skip
        async with client(both, **environ) as found:
            asked.clear()
            await found.elsewhere(LABELS)
            assert asked == []
            await found.backend()
            await found.elsewhere(LABELS)
            assert asked == expected, environ
    async with client(both) as found:
        asked.clear()
        await backends.set_one(found, "docker")
        await found.elsewhere(LABELS)
        await backends.set_order(found, json.dumps(["docker", "podman"]).encode())
        await found.elsewhere(LABELS)
        assert asked == ["docker"]


async def test_why_an_engine_is_the_one_in_use_is_remembered_and_told(both: Path) -> None:
    named = f"unix://{both}/docker.sock"
    for environ, name, words in (
        ({}, "podman", "the first of podman, nerdctl, docker that answers"),
        ({"PERRY_CONTAINER_BACKEND": "docker"}, "docker", "PERRY_CONTAINER_BACKEND names it"),
        ({"DOCKER_HOST": named}, "docker", "DOCKER_HOST names its server"),
    ):
        async with client(both, **environ) as found:
            assert found.reason is None
            told = {row.name: row.chosen for row in await backends.detect(found) if row.chosen}
            assert told == {name: words} and found.reason == words
            assert (await backends.available(found))[-1].chosen is None
    async with client(both) as found:
        assert (await backends.set_one(found, "docker")).chosen == found.reason == "it was asked for by name"
        several = await backends.set_order(found, b'["docker", "podman"]')
        assert several.chosen == found.reason == "the first of docker, podman that answers"


async def test_an_engine_that_was_too_slow_is_told(short: Path) -> None:
    async with (
        scripted_engine(short / "docker.sock", telling(VERSION)),
        scripted_engine(short / "podman.sock", hang),
        client(short) as found,
    ):
        told = found.event_bus.subscribe()
        assert (await found.backend()).name == "docker"
        (record,) = await told.next() or ()
        assert (record["kind"], record["code"]) == ("warning", "slow-backend")
        assert "podman is installed" in record["message"]
        info = await backends.set_order(found, json.dumps(["podman", "docker"]).encode())
        assert "podman is installed" in (info.warning or "")
        assert (await backends.set_order(found, json.dumps(["docker"]).encode())).warning is None
