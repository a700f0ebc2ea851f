"""One backend after the other, for tests of what all of them keep.

A backend joins by a row of ``BACKENDS``: a function that gives it connected, and the mark ``live`` if it needs an engine.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.detect import connect
from perry_ffi.backends.fake import FakeBackend
from perry_ffi.backends.fake.calls import FakeCalls
from perry_ffi.settings import Settings
from tests.contract.memory import world
from tests.contract.scratch import ScratchBackend
from tests.engines.apple import installed as apple
from tests.engines.nerdctl import products
from tests.engines.private import Engine
from tests.live.conftest import IMAGE, Bench, engine_called, settings_of
from tests.support.nerdctl import little_nerdctl, loaded_nerdctl, nerdctl_environ, nerdctl_path

Opened = tuple[Backend, Engine]


async def in_memory(backend: type[FakeCalls], request: pytest.FixtureRequest, home: Path) -> Opened:
    """A backend over a world of its own. Its refusals name the backend, as a live one's do."""
    return backend(world()), Engine("fake", "")


async def private(name: str, request: pytest.FixtureRequest, home: Path) -> Opened:
    """An engine that was started for this test run."""
    engine = engine_called(name, request.getfixturevalue("engines"))
    return await connect(settings_of(engine, home), [name]), engine


async def stand_in(request: pytest.FixtureRequest, home: Path) -> Opened:
    """An engine behind the command line of apple/container, on any system: see ``tests/engines/apple``."""
    settings = Settings.from_environ({**apple.install(home, IMAGE), "PERRY_CONTAINER_PROBE_TIMEOUT": "60"})
    return await connect(settings, ["apple/container"]), Engine("apple/container", "")


async def nerdctl(request: pytest.FixtureRequest, home: Path) -> Opened:
    """nerdctl, or what stands in for it."""
    environ = {**nerdctl_environ(), "HOME": str(home), "PATH": nerdctl_path(request), "PERRY_CONTAINER_PROBE_TIMEOUT": "60"}
    return await connect(Settings.from_environ(environ), ["nerdctl"]), Engine("nerdctl", "")


async def nerdctl_inside(name: str, request: pytest.FixtureRequest, home: Path) -> Opened:
    """nerdctl, or what stands in for it, behind the program of a product whose machine holds containerd."""
    program = shutil.which("nerdctl", path=nerdctl_path(request))
    assert program is not None
    path = products.install(name, home, Path(program))
    environ = {"HOME": str(home), "PATH": f"{path}:{os.environ['PATH']}", "PERRY_CONTAINER_PROBE_TIMEOUT": "60"}
    settings = Settings.from_environ(environ, platform=products.PLATFORM.get(name, sys.platform))
    return await connect(settings, [name]), Engine(name, "")


async def in_machine(name: str, request: pytest.FixtureRequest, home: Path) -> Opened:
    """An engine where a product has the socket of its virtual machine's, and by that name."""
    engine = engine_called("docker", request.getfixturevalue("engines"))
    folder = Path(request.getfixturevalue("short_folder")) / ".colima"
    folder.mkdir()
    (folder / "docker.sock").symlink_to(engine.socket)
    settings = settings_of(engine, folder.parent)
    return await connect(replace(settings, servers={}), [name]), replace(engine, name=name)


BACKENDS = [
    pytest.param(partial(in_memory, FakeBackend), id="fake"),
    pytest.param(partial(in_memory, ScratchBackend), id="scratch"),
    pytest.param(stand_in, id="apple/container"),
    pytest.param(nerdctl, id="nerdctl"),
    pytest.param(partial(nerdctl_inside, "lima"), id="lima"),
    pytest.param(partial(private, "docker"), id="docker", marks=pytest.mark.live),
    pytest.param(partial(private, "podman"), id="podman", marks=pytest.mark.live),
    pytest.param(partial(in_machine, "colima"), id="colima", marks=pytest.mark.live),
]


@pytest.fixture
def short_folder() -> Iterator[str]:
    """A folder whose path fits into a socket's address."""
    with tempfile.TemporaryDirectory() as name:
        yield name


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def benches(request: pytest.FixtureRequest, home: Path) -> AsyncIterator[Bench]:
    """The backend of a fixture's parameter, connected; what the test made is removed."""
    backend, engine = await request.param(request, home)
    found = Bench(backend, engine, f"pt{secrets.token_hex(4)}")
    yield found
    await found.clean()
    await backend.aclose()


@pytest.fixture(params=BACKENDS)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """Each backend, one after the other."""
    async for found in benches(request, tmp_path):
        yield found


__all__ = ["Bench", "little_nerdctl", "loaded_nerdctl"]
