"""A command line in one string to its arguments, as docker compose splits it (mattn/go-shellwords).

Quotes and backslashes as in a shell; ``;``, ``&``, ``|``, ``<`` and ``>``
outside quotes end the command; ``$(`` and backquotes are kept as text but must
be closed. Nothing is expanded and nothing is run.
"""

from __future__ import annotations

_BROKEN = "a command line whose quotes and brackets are closed"


class _Splitter:
    """State of one command line while its characters are read."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.word = ""
        self.started = False
        self.escaped = self.double = self.single = self.back = self.dollar = False

    def quoted(self) -> bool:
        return self.single or self.double or self.back or self.dollar

    def finish(self) -> None:
        if self.started:
            self.words.append(self.word)
            self.word, self.started = "", False

    def take(self, char: str) -> bool:
        """Read one character; False ends the command here."""
        if self.escaped:
            self.escaped = False
        elif char == "\\" and not self.single:
            self.escaped = True
            return True
        elif char == "\\":
            self.word += char
            return True
        elif char in " \t\r\n":
            if self.quoted():
                self.word += char
            else:
                self.finish()
            return True
        elif self._is_mark(char):
            return True
        elif char in ";&|<>" and not self.quoted():
            if char == ">" and self.word[:1].isascii() and self.word[:1].isdigit():
                self.started = False
            return False
        self.word += char
        self.started = True
        return True

    def _is_mark(self, char: str) -> bool:
        """Whether the character only opens or closes a quotation and is not itself text."""
        if char == '"' and not self.single and not self.dollar:
            self.started = self.started or self.double
            self.double = not self.double
            return True
        if char == "'" and not self.double and not self.dollar:
            self.started = self.started or self.single
            self.single = not self.single
            return True
        if char == "(" and not (self.single or self.double or self.back):
            if self.dollar or not self.word.endswith("$"):
                raise ValueError(_BROKEN)
            self.dollar = True
            self.word += char
            return True
        if char == "`" and not (self.single or self.double or self.dollar):
            self.back = not self.back
        elif char == ")" and not (self.single or self.double or self.back):
            self.dollar = not self.dollar
        return False


def split_words(line: str) -> list[str]:
    """The arguments of ``line``. Raises ValueError where a quotation has no end."""
    splitter = _Splitter()
    for char in line:
        if not splitter.take(char):
            break
    splitter.finish()
    if splitter.escaped or splitter.quoted():
        raise ValueError(_BROKEN)
    return splitter.words
