"""How late a timer of 10 ms fires in a TypeScript program compiled by Perry.

Three times: with nothing else to do, during the library's cold start, and during an ``up`` of five services. It needs
root: for the compiler's Debian 13 root (made once, which takes minutes) and for a private engine.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.figures import Figure

SOURCE = Path(__file__).with_name("perry_lateness.ts")
COLD_RUNS = 30
UP_RUNS = 3
TITLES = {
    "alone": "Perry: a 10 ms timer is late, nothing else to do",
    "cold": "Perry: the same during the cold start",
    "up": "Perry: the same during up of 5 services",
}


def measure() -> dict[str, list[float]]:
    """The lateness of every timer in ms, by phase."""
    from tests.engines.private import private_engines
    from tests.perry.root import debian13, said

    found: dict[str, list[float]] = {phase: [] for phase in TITLES}
    with private_engines(("docker",)) as engines, debian13(engines) as root:
        binary = root.compile(SOURCE)
        for run in range(COLD_RUNS + UP_RUNS):
            arguments = ["docker"] if run < UP_RUNS else []
            row = json.loads(said(root.run([binary, *arguments], env=root.environment("docker")))[-1])
            for phase in TITLES:
                found[phase] += row[phase]
    return found


def figures() -> Iterable[Figure]:
    """The median of each phase, with the worst beside it; nothing, and a word, where it cannot be measured."""
    if os.geteuid() != 0:
        print("benchmarks: perry needs root", file=sys.stderr)
        return
    for phase, values in measure().items():
        detail = f"worst {max(values):.1f} ms of {len(values)} timers"
        yield Figure(TITLES[phase], statistics.median(values), "ms", detail)
