"""The end of a builder's output, as evidence of a step that fails."""

from __future__ import annotations

from collections import deque

KEPT_LINES = 40


class LastLines:
    """The last lines of what is added, long ones cut."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._open = ""

    def add(self, text: str) -> list[str]:
        """Takes more output, in pieces of any size, and gives the lines that it ends."""
        *whole, self._open = (self._open + text).split("\n")
        self._open = self._open[-10_000:]
        self._lines.extend(line[:2000] for line in whole if line.strip())
        return whole

    def text(self) -> str:
        return "\n".join([*self._lines, *([self._open] if self._open.strip() else [])])
