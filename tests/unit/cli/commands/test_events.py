"""Events, as lines and as JSON."""

from __future__ import annotations

import json
import time

import pytest

from perry_ffi.cli.commands import events
from perry_ffi.errors import ValidationError
from perry_ffi.model.event import EngineEvent

EVENT = EngineEvent(
    kind="container", action="health_status", id="d1f5", name="shop-db-1", health="healthy", time=1_795_693_880_714_658_310,
    attributes={"image": "example/app:1", "name": "shop-db-1", "com.docker.compose.service": "db", "perry.compose.number": "1"},
)  # fmt: skip


def test_json() -> None:
    assert json.loads(events._json(EVENT)) == {
        "action": "health_status: healthy", "attributes": {"image": "example/app:1", "name": "shop-db-1"}, "id": "d1f5",
        "service": "db", "time": "2026-11-26T11:51:20.71465831Z", "type": "container",
    }  # fmt: skip


def test_a_line() -> None:
    line = events._line(EVENT)
    assert line.endswith(".714658 container health_status: healthy d1f5 (image=example/app:1, name=shop-db-1)\n")


def test_times() -> None:
    assert events._seconds(None, "since") is None and events._seconds("100", "until") == 100.0
    found = events._seconds("10m", "since")
    assert found is not None and abs(time.time() - 600 - found) < 5
    with pytest.raises(ValidationError, match="^--since: expected a time such as"):
        events._seconds("yesterday", "since")
