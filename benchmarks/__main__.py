"""``python -m benchmarks [--format text|json|markdown] [--strict] [NAME ...]``: measures and prints, budget beside each."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable

from benchmarks import border, config, perry, stacks
from benchmarks.figures import FORMATS, Figure

BENCHMARKS: dict[str, Callable[[], Iterable[Figure]]] = {
    "border": border.figures,
    "config": config.figures,
    "stacks": stacks.figures,
    "perry": perry.figures,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a budget is missed")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    measured = [figure for name in options.names or BENCHMARKS for figure in BENCHMARKS[name]()]
    print(FORMATS[options.format](measured))
    return 1 if options.strict and not all(figure.kept for figure in measured) else 0


if __name__ == "__main__":
    sys.exit(main())
