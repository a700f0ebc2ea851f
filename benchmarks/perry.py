"""How late a timer of 10 ms fires in a TypeScript program compiled by Perry: ``python -m benchmarks.perry``.

Three times: with nothing else to do, during the library's cold start, and during an ``up`` of five services. Needs root
(the compiler's Debian 13 root, private engines). Prints the median and the worst lateness in milliseconds.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from pathlib import Path

from tests.engines.private import private_engines
from tests.perry.root import debian13, said

SOURCE = Path(__file__).with_name("perry_lateness.ts")
COLD_RUNS = 30
UP_RUNS = 3
TITLES = {"alone": "nothing else to do", "cold": "cold start of the library", "up": "up of 5 services"}


def measure() -> dict[str, list[float]]:
    """The lateness of every timer, by phase."""
    found: dict[str, list[float]] = {phase: [] for phase in TITLES}
    with private_engines(("docker",)) as engines, debian13(engines) as root:
        binary = root.compile(SOURCE)
        for run in range(COLD_RUNS + UP_RUNS):
            arguments = ["docker"] if run < UP_RUNS else []
            row = json.loads(said(root.run([binary, *arguments], env=root.environment("docker")))[-1])
            for phase in TITLES:
                found[phase] += row[phase]
    return found


def main() -> int:
    if os.geteuid() != 0:
        print("benchmarks.perry: needs root", file=sys.stderr)
        return 69
    print("lateness of a 10 ms timer, in ms      timers  median   worst")
    for phase, values in measure().items():
        print(f"{TITLES[phase]:<36} {len(values):>7} {statistics.median(values):>7.2f} {max(values):>7.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
