"""A swarm of several nodes for the tests of this folder; nothing of it starts before a test asks.

Where it cannot be, its tests are skipped with a word on what is missing; with CI=true they fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.daemon import EngineMissing
from tests.engines.swarm.lab import Lab, swarm_lab
from tests.support.missing import missing
from tests.swarm.asked import EVERY_RUN, only_if_asked


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.live)
            if item.path.name not in EVERY_RUN:
                item.add_marker(only_if_asked)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def _lab(nodes: int, managers: int) -> Iterator[Lab]:
    try:
        with swarm_lab(nodes, managers) as lab:
            yield lab
    except EngineMissing as error:
        missing(str(error))


@pytest.fixture(scope="session")
def swarm() -> Iterator[Lab]:
    """Three nodes, one of them a manager; one lab for everything that a process tests."""
    yield from _lab(3, 1)


@pytest.fixture
def lab(swarm: Lab) -> Iterator[Lab]:
    """The same, with nothing in it; what the test leaves is taken away."""
    swarm.clean()
    yield swarm
    swarm.clean()


@pytest.fixture(scope="module")
def managing() -> Iterator[Lab]:
    """Three managers, for the tests of one file: what becomes of a swarm that loses its leader may be beyond cleaning."""
    yield from _lab(3, 3)
