"""A measured figure with its budget, and the three ways to print a list of them."""

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


def number(value: float) -> str:
    """Three significant digits, thousands apart."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below or at which ``share`` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _rows(figures: Sequence[Figure]) -> list[tuple[str, str, str, str]]:
    return [(f.name, f"{number(f.value)} {f.unit}", f.bound() + ("" if f.kept else "  MISSED"), f.detail) for f in figures]


def as_text(figures: Sequence[Figure]) -> str:
    """A table with aligned columns."""
    rows = [("what", "measured", "budget", ""), *_rows(figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return "\n".join("  ".join([*(row[i].ljust(widths[i]) for i in range(3)), row[3]]).rstrip() for row in rows)


def as_markdown(figures: Sequence[Figure]) -> str:
    """A table for a README."""
    head = "| what | measured | budget | |\n|---|---|---|---|"
    return "\n".join([head, *("| " + " | ".join(row) + " |" for row in _rows(figures))])


def as_json(figures: Sequence[Figure]) -> str:
    return json.dumps([{**asdict(f), "kept": f.kept} for f in figures], indent=2, ensure_ascii=False)


FORMATS: dict[str, Callable[[Sequence[Figure]], str]] = {"text": as_text, "json": as_json, "markdown": as_markdown}
