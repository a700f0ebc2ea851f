"""Some lines at the end of a terminal that are painted over and over: what differs is written, in one piece."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_TO_ITS_END, _TO_THE_END = "\x1b[K", "\x1b[J"


class Canvas:
    """The lines stand above the cursor, which is hidden while there are any. stream: None where nobody can see them."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._lines: list[tuple[str, int]] = []
        self._columns = 0

    def paint(self, lines: Sequence[tuple[str, int]], columns: int, rows: int) -> None:
        """Puts lines in the place of those that are there. Each comes with its width, which is less than ``columns``."""
        before = self._lines
        text = _HIDE if lines and not before else ""
        if before and columns < self._columns:
            # A terminal that becomes narrower folds what stands there.
            folded = sum(max(1, -(-width // columns)) for _, width in before)
            text, before = text + _up(min(folded, rows - 1)) + _TO_THE_END, []
        else:
            text += _up(len(before))
        text += _difference(before, lines)
        if self._lines and not lines:
            text += _SHOW
        if not (before == list(lines) and columns >= self._columns):
            self._write(text)
        self._lines, self._columns = list(lines), columns

    def clear(self) -> None:
        """Takes the lines away; the cursor is where they began."""
        if self._lines:
            self._write(_up(len(self._lines)) + _TO_THE_END + _SHOW)
            self._lines = []

    def _write(self, text: str) -> None:
        try:
            if self._stream is not None:
                self._stream.write(text)
                self._stream.flush()
        except (OSError, ValueError):
            self._stream = None


def _up(lines: int) -> str:
    return f"\x1b[{lines}A\r" if lines else "\r"


def _difference(before: Sequence[tuple[str, int]], lines: Sequence[tuple[str, int]]) -> str:
    """What makes the one of the other, from the first line on, and ends below the last."""
    parts: list[str] = []
    for at, line in enumerate(lines):
        if at < len(before) and before[at] == line:
            parts.append("\x1b[1B\r")
        else:
            parts.append(f"{line[0]}{_TO_ITS_END}\r\n")
    return "".join(parts) + (_TO_THE_END if len(before) > len(lines) else "")
