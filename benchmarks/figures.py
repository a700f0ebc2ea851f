"""A measured figure with its budget, a row for what could not be measured, and the three ways to print them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the report.

    value: what counts against the budget, in ``unit``; detail: what else was seen, in words.
    budget: the bound, None where there is none; at_least: the bound is a lower one.
    """

    name: str
    value: float
    unit: str
    detail: str = ""
    budget: float | None = None
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Whether the budget is kept."""
        if self.budget is None:
            return True
        return self.value >= self.budget if self.at_least else self.value <= self.budget

    def bound(self) -> str:
        if self.budget is None:
            return "–"
        return f"{'≥' if self.at_least else '≤'} {number(self.budget)} {self.unit}"


@dataclass(frozen=True)
class Missing:
    """One line of the report that has no number. reason: why not, and how to get it. failed: it went wrong, rather than was
    not to be had.
    """

    name: str
    reason: str
    failed: bool = False


Row = Figure | Missing


def number(value: float) -> str:
    """Three significant digits, thousands apart."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below or at which ``share`` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _cells(row: Row) -> tuple[str, str, str, str]:
    if isinstance(row, Missing):
        return (row.name, "FAILED" if row.failed else "not measured", "–", row.reason)
    return (row.name, f"{number(row.value)} {row.unit}".rstrip(), row.bound() + ("" if row.kept else "  MISSED"), row.detail)


class Report:
    """Prints the rows of a table as they come."""

    def begin(self) -> None:
        """What stands before the first row."""

    def row(self, row: Row) -> None:
        raise NotImplementedError

    def end(self) -> None:
        """What stands after the last one."""


class Text(Report):
    """Columns of a width that most rows keep to: the rows to come are not known."""

    WIDTHS = (58, 36, 36)

    def begin(self) -> None:
        self._print(("what", "measured", "budget", ""))

    def row(self, row: Row) -> None:
        self._print(_cells(row))

    def _print(self, cells: tuple[str, str, str, str]) -> None:
        padded = (cell.ljust(width) for cell, width in zip(cells, self.WIDTHS, strict=False))
        print("  ".join([*padded, cells[3]]).rstrip(), flush=True)


class Markdown(Report):
    """A table for a README."""

    def begin(self) -> None:
        print("| what | measured | budget | |\n|---|---|---|---|", flush=True)

    def row(self, row: Row) -> None:
        print("| " + " | ".join(_cells(row)) + " |", flush=True)


class Json(Report):
    """One list of objects."""

    def __init__(self) -> None:
        self._before = "["

    def row(self, row: Row) -> None:
        shown = asdict(row) | ({"kept": row.kept} if isinstance(row, Figure) else {})
        print(self._before + "\n  " + json.dumps(shown, ensure_ascii=False), end="", flush=True)
        self._before = ","

    def end(self) -> None:
        print("\n]" if self._before == "," else "[]", flush=True)


FORMATS: dict[str, Callable[[], Report]] = {"text": Text, "json": Json, "markdown": Markdown}
