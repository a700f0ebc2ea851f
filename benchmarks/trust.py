"""What the verification of signatures costs: one image, a whole project that has nothing to do, and the loop meanwhile.

Evidence is in the store, and the engine in memory, so that nothing but the library is measured; each in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure, number
from benchmarks.measure import Measure
from benchmarks.program import ROOT

FIRST, WARM = "verifyImage, first in a process", "verifyImage, with evidence, warm"
UP, LATE = (
    "up of 20 signed services with nothing to do, more than unsigned",
    "lateness of the loop while 32 signatures are checked",
)
TRIES = 5


def measures() -> Iterator[Measure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _host("prepare", folder)
        yield Measure((FIRST, WARM), partial(_verifications, folder))
        yield Measure((UP,), partial(_up, folder))
        yield Measure((LATE,), partial(_late, folder))


def _host(what: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.trust_host", what, str(folder)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=300)
    found: dict[str, float] = json.loads(done.stdout or "{}")
    return found


def _verifications(folder: Path) -> Iterator[Figure]:
    rows = [_host("first", folder) for _ in range(TRIES)]
    firsts = sorted(row["first"] for row in rows)
    yield Figure(FIRST, firsts[0], "ms", f"least of {TRIES}, up to {number(firsts[-1])} ms", 250)
    yield Figure(WARM, min(row["warm"] for row in rows), "ms", f"median of 100, least of {TRIES} processes", 5)


def _up(folder: Path) -> Iterator[Figure]:
    best = min((_host("up", folder) for _ in range(TRIES)), key=lambda row: row["more"])
    yield Figure(UP, best["more"], "ms", f"{number(best['with'])} ms with, {number(best['without'])} ms without", 60)


def _late(folder: Path) -> Iterator[Figure]:
    best = min((_host("late", folder) for _ in range(TRIES)), key=lambda row: row["worst"])
    detail = f"idle before {number(best['idle'])} ms; all in {number(best['all'])} ms, {best['turns']:.0f} turns of the loop"
    yield Figure(LATE, best["worst"], "ms", detail, 1)
