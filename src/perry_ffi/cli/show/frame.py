"""One picture of the work that goes on, as lines of pieces, for so many columns and rows. Pure.

What a piece looks like its name says: a mark's state, ``service``, ``dim``. Who paints cuts the lines to the width.
"""

from __future__ import annotations

from perry_ffi.cli.show.state import DONE, FAILED, PENDING, WAITING, WORKING
from perry_ffi.cli.show.words import SECONDS_LEAST, one_line, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from perry_ffi.cli.show.state import Shown, State

Piece = tuple[str, str]
"""A text and what it is."""

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_MARKS = {DONE: "✔", FAILED: "✘", WAITING: "◷", PENDING: "·"}
_LOUD = (FAILED, WORKING, WAITING, PENDING, DONE)
"""What is to be seen first where not all can be."""
NAME_MOST = 24
"""Columns of the names of services."""


class Line:
    """A line: pieces from the left, and what stands at its right end."""

    __slots__ = ("pieces", "right")

    def __init__(self, pieces: Sequence[Piece], right: str = "") -> None:
        self.pieces, self.right = tuple(pieces), right


def frame(state: State, now: float, height: int, beat: int = 0) -> list[Line]:
    """The lines, at most ``height`` of them. beat: counts up with each picture, and turns what shows that something goes on."""
    rows = list(state.shown(now))
    if height < 1 or not rows:
        return []
    lines = [_head(state, rows, now)]
    if height == 1:
        return lines
    kept, left = _folded(rows, height - 1)
    width = min(max((len(row.name) for row in kept), default=0), NAME_MOST)
    spare = height - 1 - len(kept) - bool(left)
    for row in kept:
        lines.append(_line(row, width, beat))
        if row.below and spare > 0:
            spare -= 1
            lines.append(Line([(f"   {'':<{width}}  │ {row.below}", "dim")]))
    return [*lines, *_left(left)]


def _head(state: State, rows: Sequence[Shown], now: float) -> Line:
    if state.undoing:
        what = "putting back what was there"
    else:
        ended = sum(row.state == DONE for row in rows)
        what = f"{one_line(state.verb) or 'at work'}, {ended} of {len(rows)} done"
    name = one_line(state.project)
    return Line([(f"{name}: {what}" if name else what, "head")], seconds(now - state.began) if state.began else "")


def _line(row: Shown, width: int, beat: int) -> Line:
    mark = SPINNER[beat % len(SPINNER)] if row.state == WORKING else _MARKS[row.state]
    name = row.name if len(row.name) <= width else f"{row.name[: width - 1]}…"
    style = f"service {row.service}" if row.service else "plain"
    told = row.seconds is not None and row.seconds >= SECONDS_LEAST
    pieces = [
        (f" {mark} ", row.state),
        (f"{name:<{width}}", style),
        (f"  {row.text}", "dim" if row.state == PENDING else "plain"),
    ]
    return Line(pieces, seconds(row.seconds or 0.0) if told else "")


def _folded(rows: list[Shown], most: int) -> tuple[list[Shown], list[Shown]]:
    """The rows that there is room for, in their order, and the others: what is done goes first."""
    if len(rows) <= most:
        return rows, []
    order = sorted(range(len(rows)), key=lambda at: (_LOUD.index(rows[at].state), at))
    kept = set(order[: max(0, most - 1)])
    return [row for at, row in enumerate(rows) if at in kept], [row for at, row in enumerate(rows) if at not in kept]


def _left(rows: list[Shown]) -> list[Line]:
    """One line on those that there was no room for."""
    if not rows:
        return []
    busy = sum(row.state in (WORKING, FAILED) for row in rows)
    waiting = sum(row.state in (WAITING, PENDING) for row in rows)
    told = [f"{busy} at work" if busy else "", f"{waiting} waiting" if waiting else ""]
    what = ", ".join(filter(None, told)) or "all done"
    return [Line([(f"   … {len(rows)} more, {what}", "dim")])]
