"""A process that is killed while it runs a graph: what it leaves is taken up by a run that resumes, and found by ``down``."""

from __future__ import annotations

import os
import secrets

import pytest

from tests.live.graph_support import Graphs, graphs  # noqa: F401
from tests.live.killing_graphs import rounds

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900)]
KILLS = int(os.environ.get("PERRY_TEST_GRAPH_KILLS", "6"))
"""On each of the two engines."""


async def test_killed_at_random_moments(graphs: Graphs) -> None:
    told = await rounds(graphs, KILLS, secrets.randbits(32))
    assert told["killed"] == KILLS
    assert told["left"] > KILLS // 4, "the moments were no moments of a run at work"
