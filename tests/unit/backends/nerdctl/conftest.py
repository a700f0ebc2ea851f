"""nerdctl on the little engine that stands in for it."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from perry_ffi.backends.detect import connect
from perry_ffi.settings import Settings
from tests.engines.private import Engine
from tests.live.conftest import Bench
from tests.support.nerdctl import little_nerdctl

__all__ = ["little_nerdctl"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def bench(little_nerdctl: Path, tmp_path: Path) -> AsyncIterator[Bench]:
    """The backend, connected; what the test made is removed."""
    environ = {"HOME": str(tmp_path), "PATH": f"{little_nerdctl}:{os.environ['PATH']}", "PERRY_CONTAINER_PROBE_TIMEOUT": "60"}
    found = Bench(await connect(Settings.from_environ(environ), ["nerdctl"]), Engine("nerdctl", ""), f"pt{secrets.token_hex(4)}")
    yield found
    await found.clean()
    await found.backend.aclose()
