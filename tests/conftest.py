"""The engines of a test run: started once for everything that a process tests. And what several processes share out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.engines.private import Engines, engines_here

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling

IN_ONE_PROCESS = ("tests/perry/", "tests/swarm/")
"""Folders whose files are all tested by one process: the first share one root, which a process keeps to itself, so that others would
wait for it; the second share one lab, which takes a process seconds and half a gigabyte."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """A file at a time for each process, and those that share a root, or a lab, one after the other in one."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            shared = (folder for folder in IN_ONE_PROCESS if nodeid.startswith(folder))
            return next(shared, None) or str(super()._split_scope(nodeid))

    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """All engines there are. One for all folders: it moves the thread into a network of its own for the whole session."""
    with engines_here() as found:
        yield found
