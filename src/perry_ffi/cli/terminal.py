"""What the program says on standard error. Names and words of files and engines are text there, and move no cursor."""

from __future__ import annotations

import sys
import unicodedata

_KEPT = "\n\t"
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Control and format characters (escape sequences, directions of text), lone surrogates, separators of lines."""


def plain(text: str) -> str:
    """``text`` with everything that a terminal would act on as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in _KEPT or not _acts(char) else _escape(char) for char in text)


def say(text: str) -> None:
    """One message on standard error."""
    print(plain(text), file=sys.stderr)


def _acts(char: str) -> bool:
    return unicodedata.category(char) in _UNSEEN


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode() if char < "\U00010000" else f"\\U{ord(char):08x}"
