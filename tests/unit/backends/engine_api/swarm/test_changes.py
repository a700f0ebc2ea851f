"""The stream of changes, before a scripted manager."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import BackendError
from tests.unit.backends.engine_api.routes import STREAMED, line, query
from tests.unit.backends.engine_api.swarm.test_services import manager

pytestmark = pytest.mark.anyio


def told(kind: str, action: str, after: float = 60.0, **attributes: str) -> dict[str, Any]:
    at = time.time_ns() + int(after * 10**9)
    return {"Type": kind, "Action": action, "scope": "swarm", "timeNano": at, "Actor": {"ID": "i", "Attributes": attributes}}


async def test_what_happens_from_now_on(tmp_path: Path) -> None:
    events = [
        told("service", "update", -60.0, name="before"),
        told("container", "die", name="c"),
        told("service", "update", name="p_web", **{"updatestate.new": "completed"}),
        told("node", "update", name="vm"),
    ]
    async with manager(tmp_path, {"GET /events": STREAMED + b"".join(map(line, events)) + b"0\r\n\r\n"}) as (backend, engine):
        stream = await backend.services.changes()
        batch = await stream.next()
        assert batch is not None
        assert [(change.kind, change.action, change.name, dict(change.about)) for change in batch] == [
            ("service", "update", "p_web", {"updatestate.new": "completed"}), ("node", "update", "vm", {}),
        ]  # fmt: skip
        asked = json.loads(query(engine.asked[-1])["filters"])
        assert asked["scope"] == ["swarm"] and "service" in asked["type"]
        with pytest.raises(BackendError):
            await stream.next()


async def test_it_ends_when_it_is_closed(tmp_path: Path) -> None:
    async with manager(tmp_path, {"GET /events": STREAMED}) as (backend, _):
        stream = await backend.services.changes()
        await stream.aclose()
        assert await stream.next() is None
