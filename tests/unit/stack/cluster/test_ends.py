from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.errors import NotFound
from perry_ffi.stack.cluster import poll
from perry_ffi.stack.ends import ends
from tests.unit.stack.cluster.served import Served, until

pytestmark = pytest.mark.anyio


async def test_in_the_order_in_which_they_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "SECONDS", 0.001)
    served = Served(tmp_path, slow=TaskScript(exit_code=3, seconds=600.0), quick=TaskScript(exit_code=0, seconds=300.0))
    for name in ("slow", "quick", "stays"):
        await served.serve(name, restart="none")
    await served.stand("slow", "quick", "stays")
    found = [(row.name, code) async for row, code in ends(served.context, "p", ["slow", "quick"])]
    assert found == [("quick.1", 0), ("slow.1", 3)]
    with pytest.raises(NotFound, match="no task of slow, quick runs"):
        [row async for row in ends(served.context, "p", ["slow", "quick"])]


async def test_one_that_is_taken_away_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "SECONDS", 0.001)
    served = Served(tmp_path)
    state = await served.serve("web")
    await served.stand("web")
    waiting = asyncio.ensure_future(anext(ends(served.context, "p", ["web"])))
    looked = served.cluster.counts["tasks"]

    async def has_looked() -> bool:
        return served.cluster.counts["tasks"] > looked

    await until(has_looked)
    await served.services.remove_service(state.id)
    row, code = await waiting
    assert (row.name, code) == ("web.1", 137)
