"""The engines of a test run: started once for everything that a process tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines.private import Engines, engines_here


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """All engines there are. One for all folders: it moves the thread into a network of its own for the whole session."""
    with engines_here() as found:
        yield found
