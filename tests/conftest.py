"""The engines of a test run: started once for everything that a process tests. And what several processes share out."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests.engines.private import Engines, engines_here

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling

settings.register_profile("any-load", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-load")
# How long examples take tells how busy the machine is. All other checks of their health stay; a test that names checks names this one, too.

IN_ONE_PROCESS = ("tests/perry/", "tests/swarm/")
"""Folders whose files are all tested by one process: the first share one root, which a process keeps to itself, so that others would
wait for it; the second share one lab, which takes a process seconds and half a gigabyte."""
OF_ENGINES = (*IN_ONE_PROCESS, "tests/live/", "tests/examples/", "tests/contract/")
"""Folders whose tests wait for engines and programs; all others compute, and most of their files are short."""
BESIDE = 2
"""Files of others that are handed out after each file of engines."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In several processes, the order in which files are handed out: those that wait beside those that compute, and short ones at last,
    so that no process has a long one left when the others are done.
    """
    if hasattr(config, "workerinput"):
        places = {scope: place for place, scope in enumerate(_handed_out(items))}
        items.sort(key=lambda item: places[_scope(item.nodeid)])


def _scope(nodeid: str) -> str:
    """What is tested by one process: a file, or a folder of files that share something."""
    shared = (folder for folder in IN_ONE_PROCESS if nodeid.startswith(folder))
    return next(shared, nodeid.partition("::")[0])


def _handed_out(items: list[pytest.Item]) -> Iterator[str]:
    """Each scope once: those first in which a test may take longest (``timeout``), then those of most tests."""
    bounds: dict[str, float] = {}
    for item in items:
        bound, scope = item.get_closest_marker("timeout"), _scope(item.nodeid)
        bounds[scope] = max(bounds.get(scope, 0), bound.args[0] if bound else 0)
    counts = Counter(_scope(item.nodeid) for item in items)
    scopes = sorted(counts, key=lambda scope: (-bounds[scope], -counts[scope]))
    waiting = [scope for folder in OF_ENGINES for scope in scopes if scope.startswith(folder)]
    computing = [scope for scope in scopes if not scope.startswith(OF_ENGINES)]
    for place, scope in enumerate(waiting):
        yield scope
        yield from computing[BESIDE * place : BESIDE * (place + 1)]
    yield from computing[BESIDE * len(waiting) :]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """A file at a time for each process, and those that share a root, or a lab, one after the other in one."""
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False  # The order is that of the tests.

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _scope(nodeid)

    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


_ENGINES = pytest.StashKey[Engines]()
"""Those that run."""


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest) -> Iterator[Engines]:
    """All engines there are. One for all folders: it moves the thread into a network of its own for the whole session."""
    with engines_here() as found:
        request.config.stash[_ENGINES] = found
        yield found
        del request.config.stash[_ENGINES]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """An engine that ended fails the test in which it did, and none after it. The summary tells how it ended."""
    engines = item.config.stash.get(_ENGINES, None)
    for said in engines.revive() if engines else ():
        warnings.warn(pytest.PytestWarning(f"before {item.nodeid}: {said}"), stacklevel=1)
