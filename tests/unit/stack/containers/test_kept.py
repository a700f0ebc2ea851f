"""An ``up`` tells who listens closely of the containers that it leaves as they are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio
TWO = {"web": {"deploy": {"replicas": 2}}, "db": {}}


async def kept(listener: Any) -> list[str]:
    return sorted(row["container"] for row in await listener.next() or () if row["kind"] == "kept")


async def test_where_there_is_nothing_to_do(rig: Rig) -> None:
    listener = rig.context.bus.subscribe(closely=True)
    await rig.up(project(TWO))
    assert await kept(listener) == []
    await rig.up(project(TWO))
    assert await kept(listener) == ["p-db-1", "p-web-1", "p-web-2"]
    await rig.up(project(TWO), services=("db",))
    assert await kept(listener) == ["p-db-1"]


async def test_what_is_made_anew_is_none_of_them(rig: Rig) -> None:
    await rig.up(project(TWO))
    listener = rig.context.bus.subscribe(closely=True)
    await rig.up(project({**TWO, "db": {"environment": {"A": "1"}}}))
    assert await kept(listener) == ["p-web-1", "p-web-2"]


async def test_nobody_else_is_told(rig: Rig) -> None:
    await rig.up(project(TWO))
    listener = rig.context.bus.subscribe()
    await rig.up(project(TWO))
    assert await kept(listener) == []
