"""One backend after the other, for tests of what all of them keep.

A backend joins by a row of ``BACKENDS``: a function that gives it connected, and the mark ``live`` if it needs an engine.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.detect import connect
from perry_ffi.backends.fake import FakeBackend
from perry_ffi.backends.fake.calls import FakeCalls
from tests.contract.memory import world
from tests.contract.scratch import ScratchBackend
from tests.engines.private import Engine
from tests.live.conftest import Bench, engine_called, settings_of

Opened = tuple[Backend, Engine]


async def in_memory(backend: type[FakeCalls], request: pytest.FixtureRequest, home: Path) -> Opened:
    """A backend over a world of its own. Its refusals name the backend, as a live one's do."""
    return backend(world()), Engine("fake", "")


async def private(name: str, request: pytest.FixtureRequest, home: Path) -> Opened:
    """An engine that was started for this test run."""
    engine = engine_called(name, request.getfixturevalue("engines"))
    return await connect(settings_of(engine, home), [name]), engine


BACKENDS = [
    pytest.param(partial(in_memory, FakeBackend), id="fake"),
    pytest.param(partial(in_memory, ScratchBackend), id="scratch"),
    pytest.param(partial(private, "docker"), id="docker", marks=pytest.mark.live),
    pytest.param(partial(private, "podman"), id="podman", marks=pytest.mark.live),
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=BACKENDS)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """The backend, connected; what the test made is removed."""
    backend, engine = await request.param(request, tmp_path)
    found = Bench(backend, engine, f"pt{secrets.token_hex(4)}")
    yield found
    await found.clean()
    await backend.aclose()
