"""How a project on a cluster grows, to 1,000 services of five tasks each, on a cluster in memory.

Each size has a process of its own; CPU seconds, the least of a few runs; the exponent is the slope of the line through the
logarithms of seconds and services.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache, partial

from benchmarks.cluster_host import TASKS
from benchmarks.figures import Figure, number
from benchmarks.growth import EXPONENT, PATIENCE, exponent
from benchmarks.measure import Measure
from benchmarks.program import ROOT

SIZES = (250, 500, 1000)
REPEATS = 3
MEMORY = 250.0
STAGES = {
    "plan": "growth of planning a cluster, all to create",
    "converge": "growth of an up on a cluster",
    "nothing": "growth of an up on a cluster, nothing to do",
}
PEAK = f"peak memory of 1,000 services of {TASKS} tasks"


@cache
def measured(services: int) -> dict[str, object]:
    """What the host says of one size."""
    command = [sys.executable, "-m", "benchmarks.cluster_host", str(services), str(REPEATS)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=PATIENCE)
    return json.loads(done.stdout)


def measures() -> Iterator[Measure]:
    for stage, name in STAGES.items():
        yield Measure((name,), partial(_growth, stage, name))
    yield Measure((PEAK,), _peak)


def _growth(stage: str, name: str) -> Iterator[Figure]:
    seconds = {size: measured(size)["seconds"][stage] for size in SIZES}  # type: ignore[index]
    sizes = " / ".join(f"{size:,}" for size in SIZES)
    detail = f"CPU s of {sizes} services of {TASKS} tasks: {' / '.join(number(value) for value in seconds.values())}"
    if stage != "plan":
        calls = [measured(size)["calls"][stage] for size in SIZES]  # type: ignore[index]
        detail += f"; calls {' / '.join(f'{count:,}' for count in calls)}"
    yield Figure(name, exponent(list(seconds.items())), "exponent", detail, EXPONENT)


def _peak() -> Iterator[Figure]:
    peaks = {size: float(measured(size)["peak"]) for size in SIZES}  # type: ignore[arg-type]
    told = " / ".join(f"{size:,} services {number(value)}" for size, value in peaks.items())
    yield Figure(PEAK, peaks[SIZES[-1]], "MiB", told, MEMORY)
