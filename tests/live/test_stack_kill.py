"""A process that is killed in the middle of ``up``: what it leaves is found by the next ``up``, and by ``down``."""

from __future__ import annotations

import os
import secrets

import pytest

from tests.live.killing import rounds
from tests.live.stack_support import Stacks, stacks  # noqa: F401

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900)]
KILLS = int(os.environ.get("PERRY_TEST_KILLS", "25"))
"""On each of the two engines."""


async def test_killed_at_random_moments(stacks: Stacks) -> None:  # noqa: F811
    told = await rounds(stacks, KILLS, secrets.randbits(32))
    assert told["killed"] == KILLS
    assert told["left"] > KILLS // 4, "the moments were no moments of an up at work"
