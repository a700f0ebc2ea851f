"""What is measured, one measurement after the other: what one cannot have, or fails at, costs the others nothing."""

from __future__ import annotations

import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from benchmarks.figures import Figure, Missing, Row


class Unavailable(Exception):
    """What a measurement needs is not there. The text says what, and how to get it."""


@dataclass(frozen=True)
class Measure:
    """One measurement. names: of the figures that ``run`` gives, in its order; each is told of, with a number or without."""

    names: tuple[str, ...]
    run: Callable[[], Iterable[Figure]]


Section = Callable[[], Iterable[Measure]]
"""Measurements that share something: a program, an engine. It is there while they are taken."""


def rows(name: str, section: Section) -> Iterator[Row]:
    """The figures of a section as they are measured, and a row for each that could not be."""
    try:
        for measure in section():
            yield from _figures(measure)
    except Exception as error:
        yield _missing(f"{name}: what is left of it", error)


def _figures(measure: Measure) -> Iterator[Row]:
    left = dict.fromkeys(measure.names)
    try:
        for figure in measure.run():
            left.pop(figure.name, None)
            yield figure
    except Exception as error:
        for name in left:
            yield _missing(name, error)


def _missing(name: str, error: Exception) -> Missing:
    if isinstance(error, Unavailable):
        return Missing(name, str(error))
    traceback.print_exception(error, file=sys.stderr)
    said = getattr(error, "stderr", None) if isinstance(error, subprocess.CalledProcessError) else None
    text = " ".join(str(said or error).split()) or type(error).__name__
    return Missing(name, text[:200], failed=True)


def raising(error: Exception) -> Callable[[], Iterable[Figure]]:
    """What a measurement does whose engine could not be had."""

    def run() -> Iterable[Figure]:
        raise error

    return run
