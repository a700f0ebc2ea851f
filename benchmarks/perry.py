"""How late a timer of 10 ms fires in a TypeScript program compiled by Perry.

Three times: with nothing else to do, during the library's cold start, and during an ``up`` of five services. It needs
root: for the compiler's Debian 13 root (made once, which takes minutes) and for a private engine.
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.engines import private
from benchmarks.figures import Figure
from benchmarks.measure import Measure, Unavailable, raising
from tests.engines.private import Engines

if TYPE_CHECKING:
    from tests.perry.root import Debian13

SOURCE = Path(__file__).with_name("perry_lateness.ts")
COLD_RUNS = 30
UP_RUNS = 3
TITLES = {
    "alone": "Perry: a 10 ms timer is late, nothing else to do",
    "cold": "Perry: the same during the cold start",
    "up": "Perry: the same during up of 5 services",
}


@contextmanager
def _root() -> Iterator[tuple[Debian13, str]]:
    """The compiler's root, and why there is no docker in it; the tests' words for what is missing are taken over."""
    from tests.perry.root import debian13

    with ExitStack() as stack:
        engines, why = _engines(stack)
        with ended_as_a_test():
            root = stack.enter_context(debian13(engines))
        yield root, why


def _engines(stack: ExitStack) -> tuple[Engines, str]:
    try:
        return stack.enter_context(private("docker")), ""
    except Unavailable as error:
        if os.geteuid() != 0:
            raise
        return Engines(Path(stack.enter_context(TemporaryDirectory()))), str(error)


@contextmanager
def ended_as_a_test() -> Iterator[None]:
    """What would skip a test makes a measurement unavailable, and what would fail one fails it."""
    import pytest

    try:
        yield
    except pytest.skip.Exception as error:
        raise Unavailable(str(error)) from None
    except pytest.fail.Exception as error:
        raise RuntimeError(str(error)) from None


def _lateness(root: Debian13, arguments: list[str], runs: int) -> dict[str, list[float]]:
    """The lateness of every timer in ms, by phase."""
    from tests.perry.root import said

    found: dict[str, list[float]] = {phase: [] for phase in TITLES}
    with ended_as_a_test():
        binary = root.compile(SOURCE)
        for _ in range(runs):
            row = json.loads(said(root.run([binary, *arguments], env=root.environment("docker")))[-1])
            for phase in TITLES:
                found[phase] += row[phase]
    return found


def _figures(root: Debian13, arguments: list[str], runs: int, phases: tuple[str, ...]) -> Iterator[Figure]:
    """The median of each phase, with the worst beside it."""
    found = _lateness(root, arguments, runs)
    for phase in phases:
        detail = f"worst {max(found[phase]):.1f} ms of {len(found[phase])} timers"
        yield Figure(TITLES[phase], statistics.median(found[phase]), "ms", detail)


def measures() -> Iterator[Measure]:
    """Without an engine, and then on one."""
    with ExitStack() as stack:
        try:
            root, why = stack.enter_context(_root())
        except Exception as error:
            yield Measure(tuple(TITLES.values()), raising(error))
            return
        yield Measure((TITLES["alone"], TITLES["cold"]), partial(_figures, root, [], COLD_RUNS, ("alone", "cold")))
        up = raising(Unavailable(why)) if why else partial(_figures, root, ["docker"], UP_RUNS, ("up",))
        yield Measure((TITLES["up"],), up)
