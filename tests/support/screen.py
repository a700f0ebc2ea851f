"""A terminal of the tests' own: what stands on it after all that a program wrote."""

from __future__ import annotations

import io
import re

_PARTS = re.compile(r"\x1b\[[?]?[\d;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+")


class Terminal(io.StringIO):
    """A screen of endless height: text, carriage return, newline, up, down, erase; colours are passed over.

    cursor: whether it is to be seen. widest: the columns of the longest line that stood there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[str] = [""]
        self.row = self.column = 0
        self.cursor = True
        self.widest = 0
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        self.writes.append(text)
        for part in _PARTS.findall(text):
            self._part(part)
        return len(text)

    def _part(self, part: str) -> None:
        if part.startswith("\x1b[") and part.endswith("m"):
            return
        if part == "\r":
            self.column = 0
        elif part == "\n" or part == "\x1b[1B":
            self.row += 1
            self.rows += [""] * (self.row + 1 - len(self.rows))
        elif part in ("\x1b[?25l", "\x1b[?25h"):
            self.cursor = part.endswith("h")
        elif part.endswith("A"):
            self.row -= int(part[2:-1])
            assert self.row >= 0
        elif part in ("\x1b[K", "\x1b[J"):
            self.rows[self.row] = self.rows[self.row][: self.column]
            if part == "\x1b[J":
                del self.rows[self.row + 1 :]
        else:
            line = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = line[: self.column] + part + line[self.column + len(part) :]
            self.column += len(part)
            self.widest = max(self.widest, len(self.rows[self.row]))

    def text(self) -> list[str]:
        return self.rows[: self.row]
