"""Real engines for the live tests: private ones for root, the user's own for everybody else.

A missing engine skips its tests, with a word on how to get it; with CI=true it fails them.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.detect import connect
from perry_ffi.errors import NotFound
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerHandle, ContainerSpec
from perry_ffi.settings import Settings
from tests.engines import image
from tests.engines.daemon import ask
from tests.engines.private import Engine, Engines
from tests.live.peer import peer_command
from tests.support.apple import apple_engine, little_apple
from tests.support.missing import missing
from tests.support.nerdctl import REAL, little_nerdctl, loaded_nerdctl, nerdctl_engine

IMAGE = image.IMAGE
SOCKETS = ("docker", "podman")
PROGRAMS = tuple(os.environ.get("PERRY_TEST_PROGRAMS", "nerdctl apple").split())
"""Engines that are programs, on which stacks are tried too: the real nerdctl with PERRY_TEST_NERDCTL, and else what stands in for
it. PERRY_TEST_PROGRAMS names which (``nerdctl``, ``apple``), or none."""

_LONGER = 5
"""Times as long."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/live/" in str(item.path):
            item.add_marker(pytest.mark.live)
            _wait_longer(item)


def _wait_longer(item: pytest.Item) -> None:
    """A real nerdctl takes seconds for a start, and ten before it starts anything again."""
    callspec, bound = getattr(item, "callspec", None), item.get_closest_marker("timeout")
    if REAL and callspec and bound and callspec.params.get("engine") == "nerdctl":
        item.add_marker(pytest.mark.timeout(_LONGER * bound.args[0]), append=False)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def docker_compose() -> None:
    """Docker compose is there, beside the library."""
    if peer_command() is None:
        missing("docker compose 2.40 or newer is not there (PERRY_TEST_DOCKER_COMPOSE, or what scripts/docker-compose.sh gets)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One engine after the other; stacks also on engines that are programs, but for tests of what goes over a socket."""
    marks = [mark for mark in metafunc.definition.iter_markers("parametrize") if mark.args[0] == "engine"]
    if "engine" not in metafunc.fixturenames or marks:
        return
    of_stacks = metafunc.module.__name__.rpartition(".")[2].startswith("test_stack_")
    programs = PROGRAMS if of_stacks and not metafunc.definition.get_closest_marker("socket") else ()
    metafunc.parametrize("engine", [*SOCKETS, *programs], indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Engine:
    """One engine after the other."""
    if request.param == "nerdctl":
        return nerdctl_engine(request)
    if request.param == "apple":
        return apple_engine(request)
    return engine_called(request.param, request.getfixturevalue("engines"))


def engine_called(name: str, engines: Engines) -> Engine:
    """The engine ``name``; a word on how to get it where it is not there."""
    if name not in engines.engines:
        missing(engines.missing[name])
    return engines.engines[name]


def api_of(engine: Engine) -> tuple[int, int]:
    """The newest API of an engine."""
    major, minor = json.loads(ask(engine.socket, "GET", "/version")[1])["ApiVersion"].split(".")
    return int(major), int(minor)


@pytest.fixture
def settings(engine: Engine, tmp_path: object) -> Settings:
    return settings_of(engine, tmp_path)


def settings_of(engine: Engine, home: object) -> Settings:
    """Settings that lead to ``engine``, and to nobody's credentials."""
    variable = "DOCKER_HOST" if engine.name == "docker" else "CONTAINER_HOST"
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], variable: engine.host}
    return Settings.from_environ({**environ, "PERRY_CONTAINER_PROBE_TIMEOUT": "60"})


@dataclass
class Bench:
    """A connected engine, and a name of the test's own that everything it makes begins with."""

    backend: Backend
    engine: Engine
    prefix: str

    @property
    def podman(self) -> bool:
        return self.engine.name == "podman"

    @property
    def api(self) -> tuple[int, int]:
        """The newest API that the engine speaks."""
        return api_of(self.engine)

    def name(self, what: str = "c") -> str:
        return f"{self.prefix}-{what}"

    def spec(self, *command: str, **members: object) -> ContainerSpec:
        """A spec of the test image; ``members`` as the JSON has them. A name of its own where it has none."""
        members.setdefault("name", self.name(secrets.token_hex(3)))
        members.setdefault("network", "none")
        if command:
            members["cmd"] = list(command)
        return validate(ContainerSpec, {"image": IMAGE, **members})

    async def run(self, *command: str, **members: object) -> ContainerHandle:
        return await self.backend.run_container(self.spec(*command, **members))

    async def clean(self) -> None:
        """Removes everything whose name begins with the prefix."""
        for container in await self.backend.list_containers(all=True):
            if container.name.startswith(self.prefix):
                await _gone(self.backend.remove_container(container.id, force=True))
        for network in await self.backend.list_networks():
            if network.name.startswith(self.prefix):
                await _gone(self.backend.remove_network(network.name))
        for volume in await self.backend.list_volumes():
            if volume.name.startswith(self.prefix):
                await _gone(self.backend.remove_volume(volume.name))
        for found in await self.backend.list_images():
            if self.prefix in found.repository:
                await _gone(self.backend.remove_image(f"{found.repository}:{found.tag}", force=True))


async def _gone(removal: object) -> None:
    try:
        await removal  # type: ignore[misc]
    except NotFound:
        return


@pytest.fixture
async def bench(engine: Engine, settings: Settings) -> AsyncIterator[Bench]:
    """The engine, connected; what the test made is removed."""
    backend = await connect(settings, [engine.name])
    found = Bench(backend, engine, f"pt{secrets.token_hex(4)}")
    yield found
    await found.clean()
    await backend.aclose()


__all__ = ["Bench", "little_apple", "little_nerdctl", "loaded_nerdctl", "missing"]
