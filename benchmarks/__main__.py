"""Measures, and prints each figure as soon as it is there, its budget beside it.

What cannot be measured here (no engine, no root, no peer to compare with) is a row that says why, and no failure. The exit
status is 1 where a measurement failed, or with ``--strict`` a budget was missed; else 0.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys

from benchmarks import border, cli, cluster, config, detect, growth, perry, sandbox, stacks, swarm, trust, workloads
from benchmarks.figures import FORMATS, Figure, Missing, Row
from benchmarks.measure import Section, rows

SECTIONS: dict[str, Section] = {
    "border": border.measures,
    "cli": cli.measures,
    "config": config.measures,
    "detect": detect.measures,
    "stacks": stacks.measures,
    "growth": growth.measures,
    "cluster": cluster.measures,
    "swarm": swarm.measures,
    "trust": trust.measures,
    "perry": perry.measures,
    "sandbox": sandbox.measures,
    "workloads": workloads.measures,
}


def machine() -> str:
    """What it is measured on, and whether that is at rest."""
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    rest = "" if load < processors / 2 else ": the machine is not at rest, times are upper bounds"
    kernel = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"{kernel}, {processors} processors, Python {platform.python_version()}; load {load:.1f}{rest}"


def status(measured: list[Row], *, strict: bool) -> int:
    failed = any(isinstance(row, Missing) and row.failed for row in measured)
    missed = any(isinstance(row, Figure) and not row.kept for row in measured)
    return 1 if failed or (strict and missed) else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(SECTIONS)} (default: all)")
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a budget is missed, too")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in SECTIONS]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    print(f"benchmarks: {machine()}", file=sys.stderr)
    report, measured = FORMATS[options.format](), list[Row]()
    report.begin()
    try:
        for name in dict.fromkeys(options.names or SECTIONS):
            for row in rows(name, SECTIONS[name]):
                measured.append(row)
                report.row(row)
    except KeyboardInterrupt:
        print("benchmarks: interrupted; what was measured stands above", file=sys.stderr)
        return 130
    finally:
        report.end()
    return status(measured, strict=options.strict)


if __name__ == "__main__":
    sys.exit(main())
