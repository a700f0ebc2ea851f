"""What every unit test has: coroutines run on asyncio, as in the library's own thread."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
