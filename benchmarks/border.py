"""What the border costs: calls, start-up, round trips, memory. From a C program, without an engine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, number, percentile
from benchmarks.measure import Measure
from benchmarks.program import Program

PROCESSES = 25
CALLS = 100_000
ROUND_TRIPS = 200_000
MEMORY_ROUNDS, MEMORY_REQUESTS = 15, 100_000
WARM_ROUNDS = 5
"""Rounds of the memory measurement before its 1,000,000 requests: allocators settle, Python's free lists fill."""


RETURNS = "first call of a process returns, median"
SETTLED = {
    "plain": ("first settled promise, no model, median", 75),
    "models": ("first settled promise, with models, median", 150),
    "engine": ("first settled promise, with an engine looked for, median", 150),
}
INSTRUCTIONS = {
    "plain": ("instructions until then, no model", 220),
    "models": ("instructions until then, with models", 290),
    "engine": ("instructions until then, with an engine looked for", 500),
}
WARM = {
    "warm call, library busy, back to back, p99": (20_000, 0),
    "warm call, library busy, one per 20 µs, p99": (250_000, 20_000),
}
TRIPS = "trivial round trips"
MEMORY = f"memory growth over {(MEMORY_ROUNDS - WARM_ROUNDS) * MEMORY_REQUESTS:,} requests"


def measures() -> Iterator[Measure]:
    """One after the other, from one program."""
    with tempfile.TemporaryDirectory() as folder:
        program = Program("border", Path(folder))
        yield Measure((RETURNS, *(name for name, _ in SETTLED.values())), lambda: _cold(program))
        yield Measure(tuple(name for name, _ in INSTRUCTIONS.values()), lambda: _counted(program))
        yield Measure(tuple(WARM), lambda: _warm(program))
        yield Measure((TRIPS,), lambda: _throughput(program))
        yield Measure((MEMORY,), lambda: _memory(program))


def _spread(values: list[float], unit: str) -> str:
    p99 = f"p99 {number(percentile(values, 0.99))}"
    return f"{p99}, min {number(min(values))}, max {number(max(values))} {unit}; {len(values):,} of them"


def _cold(program: Program) -> Iterator[Figure]:
    program.numbers("first", "engine")  # the files are in the page cache from here on
    runs = {"plain": [], "models": [], "engine": []}  # type: dict[str, list[list[int]]]
    for _ in range(PROCESSES):
        for what, rows in runs.items():
            rows += program.numbers("first", what)
    returned = [row[0] / 1e6 for rows in runs.values() for row in rows]
    yield Figure(RETURNS, median(returned), "ms", _spread(returned, "ms"), 0.2)
    for what, rows in runs.items():
        times = [row[1] / 1e6 for row in rows]
        yield Figure(SETTLED[what][0], median(times), "ms", _spread(times, "ms"), SETTLED[what][1])


def _counted(program: Program) -> Iterator[Figure]:
    for what, (name, budget) in INSTRUCTIONS.items():
        yield Figure(name, program.instructions("first", what) / 1e6, "million", "of the whole process", budget)


def _warm(program: Program) -> Iterator[Figure]:
    for name, (backlog, pause) in WARM.items():
        times = [row[0] / 1e3 for row in program.numbers("warm", CALLS, backlog, pause)]
        detail = f"median {number(median(times))}, {_spread(times, 'µs')}"
        yield Figure(name, percentile(times, 0.99), "µs", detail, 10)


def _throughput(program: Program) -> Iterator[Figure]:
    (nanoseconds,) = program.numbers("throughput", ROUND_TRIPS)[0]
    yield Figure(TRIPS, ROUND_TRIPS / nanoseconds * 1e9, "per s", f"{ROUND_TRIPS:,} of them", 50_000, at_least=True)


def _memory(program: Program) -> Iterator[Figure]:
    resident = [row[0] / 2**20 for row in program.numbers("memory", MEMORY_ROUNDS, MEMORY_REQUESTS)]
    start, end = resident[WARM_ROUNDS - 1], resident[-1]
    detail = f"{number(start)} MiB before, {number(end)} MiB after"
    yield Figure(MEMORY, end - start, "MiB", detail, 1)
