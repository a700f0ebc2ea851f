from __future__ import annotations

import time

import pytest

from perry_ffi.doctor.read.aside import aside

pytestmark = pytest.mark.anyio


async def test_what_is_read_is_given() -> None:
    assert await aside(lambda: "read", "not", 5) == "read"


async def test_what_takes_too_long_is_not_waited_for() -> None:
    before = time.monotonic()
    assert await aside(lambda: time.sleep(1) or "late", "in time", 0.05) == "in time"
    assert time.monotonic() - before < 0.9


async def test_what_cannot_be_read_is_left_out() -> None:
    def fail() -> str:
        raise PermissionError

    assert await aside(fail, "otherwise", 5) == "otherwise"
