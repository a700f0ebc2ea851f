"""How loading, planning and what is beside it grow with services and edges, to 5,000 services of two containers each.

Three shapes: flat, a chain, and layers of 20 of which each depends on all 20 before. Each shape and size has a process of
its own, on an engine in memory, so that nothing but the library is measured; CPU seconds, the least of a few runs. The
exponent is the slope of the line through the logarithms of seconds over those of services and edges, by least squares, from
500 services on: below, what does not grow hides what does.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from functools import cache, partial

from benchmarks.figures import Figure, number
from benchmarks.measure import Measure
from benchmarks.program import ROOT
from tests.support.shapes import SHAPES

SIZES = (100, 500, 2000, 5000)
FITTED = SIZES[1:]
EXPONENT = 1.15
SECONDS, MEMORY = 3.0, 250.0
PATIENCE = 900.0

STAGES = {
    "load": "growth of loading",
    "create": "growth of planning, all to create",
    "replaced": "growth of planning, all replaced",
    "nothing": "growth of planning, nothing to do",
    "specs": "growth of the specs of all containers",
    "status": "growth of status",
    "warnings": "growth of warnings",
}
TOGETHER = ("5,000 services loaded and planned", "peak memory of that")


@cache
def measured(shape: str, services: int) -> dict[str, object]:
    """What the host says of one shape and size."""
    repeats = 5 if services <= 500 else 3
    command = [sys.executable, "-m", "benchmarks.growth_host", shape, str(services), str(repeats)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=PATIENCE)
    return json.loads(done.stdout)


def seconds(shape: str, services: int, stage: str) -> float:
    return measured(shape, services)["seconds"][stage]  # type: ignore[index]


def work(shape: str, services: int) -> int:
    """Services and edges."""
    return services + sum(len(list(SHAPES[shape](number))) for number in range(services))


def exponent(points: list[tuple[float, float]]) -> float:
    """The slope of the line through the logarithms of the points."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    middle_x, middle_y = (sum(column) / len(logs) for column in zip(*logs, strict=True))
    return sum((x - middle_x) * (y - middle_y) for x, y in logs) / sum((x - middle_x) ** 2 for x, _ in logs)


def measures() -> Iterator[Measure]:
    """The largest first, which says most; then how it came to that."""
    yield Measure(TOGETHER, _together)
    for stage, name in STAGES.items():
        yield Measure((name,), partial(_growth, stage, name))


def _together() -> Iterator[Figure]:
    spent = {shape: seconds(shape, SIZES[-1], "load") + seconds(shape, SIZES[-1], "create") for shape in SHAPES}
    yield Figure(TOGETHER[0], max(spent.values()), "CPU s", _each(spent, "s"), SECONDS)
    peaks = {shape: float(measured(shape, SIZES[-1])["peak"]) for shape in SHAPES}  # type: ignore[arg-type]
    yield Figure(TOGETHER[1], max(peaks.values()), "MiB", _each(peaks, "MiB"), MEMORY)


def _growth(stage: str, name: str) -> Iterator[Figure]:
    """The exponent of the shape that grows most."""
    found = {shape: exponent([(work(shape, n), seconds(shape, n, stage)) for n in FITTED]) for shape in SHAPES}
    sizes = " / ".join(f"{size:,}" for size in SIZES)
    told = (f"{shape} " + " / ".join(number(seconds(shape, size, stage)) for size in SIZES) for shape in SHAPES)
    detail = f"{_each(found, '')}; CPU s of {sizes} services: {', '.join(told)}"
    yield Figure(name, max(found.values()), "exponent", detail, EXPONENT)


def _each(found: dict[str, float], unit: str) -> str:
    return ", ".join(f"{shape} {number(value)} {unit}".rstrip() for shape, value in found.items())
