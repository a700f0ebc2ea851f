"""Which engine a project is on, where several answer and none was named."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.engine_api.drivers.api_driver import ApiDriver
from perry_ffi.errors import Conflict
from perry_ffi.service import projects
from perry_ffi.service.client import Client
from perry_ffi.service.project_engine import Guessed
from perry_ffi.stack.identity import container_labels
from tests.engines.scripted import PODMAN, VERSION, ScriptedEngine, scripted_engine
from tests.unit.backends.test_detect import hang, short  # noqa: F401
from tests.unit.backends.test_elsewhere import container, engine

pytestmark = pytest.mark.anyio
OWN = container_labels("shop", "a", 1, digest="d", image_id="i", depends_on={})
OF_OTHERS = {"com.docker.compose.project": "shop", "com.docker.compose.service": "a"}
"""Of a container that was run from an image of the project."""


@pytest.fixture(autouse=True)
def no_usual_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own engines play no part."""
    monkeypatch.setattr(ApiDriver, "usual_sockets", lambda driver, settings: [f"{settings.home}/{driver.name}.sock"])


@asynccontextmanager
async def client(home: Path, heard: list[Guessed], project: str | None = "shop", **environ: str) -> AsyncIterator[Client]:
    said = {key: value.format(home=home) for key, value in environ.items()}
    own = {"HOME": str(home), "PATH": str(home), "PERRY_CONTAINER_PROBE_TIMEOUT": "0.5"}
    found = Client({**own, **said}, project=project, on_guessed=heard.append)
    yield found
    await found.aclose()


@asynccontextmanager
async def two(home: Path, docker: list[Any], podman: list[Any]) -> AsyncIterator[tuple[ScriptedEngine, ScriptedEngine]]:
    async with (
        scripted_engine(home / "docker.sock", engine(VERSION, *docker)) as one,
        scripted_engine(home / "podman.sock", engine(PODMAN, *podman)) as other,
    ):
        yield one, other


def listed(serving: ScriptedEngine) -> int:
    return sum("/containers/json" in asked.target for asked in serving.asked)


async def test_the_one_that_holds_its_containers(short: Path) -> None:
    heard: list[Guessed] = []
    async with two(short, [container(**OWN)], []), client(short, heard) as found:
        assert (await found.backend()).name == "docker"
        assert [row["name"] for row in await projects.ps(found, "shop")] == ["c"]
    assert heard == [Guessed("shop", "docker", f"unix://{short}/docker.sock", ("podman",), moved=True)]
    assert str(heard[0].text()).startswith(
        f"shop on docker (unix://{short}/docker.sock), which has its containers; podman answers"
    )


@pytest.mark.parametrize("docker", [[], [container(**OF_OTHERS)], [container(**{**OWN, "com.docker.compose.project": "x"})]])
async def test_the_first_where_no_other_holds_any(short: Path, docker: list[Any]) -> None:
    """One question to the other one, and none to the first."""
    heard: list[Guessed] = []
    async with two(short, docker, []) as (other, first), client(short, heard) as found:
        assert (await found.backend()).name == "podman"
        assert (listed(other), listed(first)) == (1, 0)
    assert heard == [Guessed("shop", "podman", f"unix://{short}/podman.sock", ("docker",))]


async def test_two_that_hold_some_are_an_error(short: Path) -> None:
    heard: list[Guessed] = []
    async with two(short, [container(**OWN)], [container(**OWN)]), client(short, heard) as found:
        for _ in range(2):
            with pytest.raises(Conflict) as caught:
                await found.backend()
            assert f"docker at unix://{short}/docker.sock" in caught.value.message
            assert f"podman at unix://{short}/podman.sock" in caught.value.message
            assert "docker" in caught.value.details["remedy"] and "podman" in caught.value.details["remedy"]
    assert heard == []


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"DOCKER_HOST": "unix://{home}/docker.sock"}, "docker"),
        ({"CONTAINER_HOST": "unix://{home}/podman.sock"}, "podman"),
        ({"PERRY_CONTAINER_BACKEND": "podman"}, "podman"),
    ],
)
async def test_one_that_is_named_is_taken_and_no_other_is_asked(short: Path, environ: dict[str, str], name: str) -> None:
    heard: list[Guessed] = []
    async with two(short, [container(**OWN)], [container(**OWN)]) as engines, client(short, heard, **environ) as found:
        assert (await found.backend()).name == name
        assert [listed(row) for row in engines] == [0, 0]
    assert heard == []


async def test_one_alone_was_no_choice(short: Path) -> None:
    heard: list[Guessed] = []
    async with scripted_engine(short / "docker.sock", engine(VERSION)), client(short, heard) as found:
        assert (await found.backend()).name == "docker"
    async with two(short, [container(**OWN)], []), client(short, heard, None) as found:
        assert (await found.backend()).name == "podman"
    assert heard == []


async def test_one_that_hangs_costs_no_more_than_its_bound(short: Path) -> None:
    heard: list[Guessed] = []
    async with scripted_engine(short / "podman.sock", engine(PODMAN)), scripted_engine(short / "docker.sock", hang):
        async with client(short, heard) as found:
            await found.backend()
            before = time.monotonic()
            found._active = None
            await found.backend()
            assert time.monotonic() - before < 1.5
    assert heard == []


async def test_an_engine_beside_the_order_is_not_taken(short: Path) -> None:
    """It is told of where the project is looked for."""
    (short / ".colima/default").mkdir(parents=True)
    heard: list[Guessed] = []
    async with (
        scripted_engine(short / "podman.sock", engine(PODMAN)),
        scripted_engine(short / ".colima/default/docker.sock", engine(VERSION, container(**OWN))),
        client(short, heard) as found,
    ):
        with pytest.raises(Conflict, match="has nothing of it, but docker"):
            await projects.ps(found, "shop")
        assert found.looked_in_vain
