"""Variables as nerdctl reads them: of files by lines, then those of its options, and of a bare name the caller's own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from tests.engines.nerdctl.store import fail

LONGEST = 64 * 1024
_BLANK = (
    " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)


def given(options: Mapping[str, Any]) -> dict[str, str]:
    """What the options ``--env-file`` and ``--env`` give."""
    found: dict[str, str] = {}
    for entry in [*(line for path in options.get("env-file", []) for line in _of_file(path)), *options.get("env", [])]:
        name, sign, value = entry.partition("=")
        if not name:
            fail(f"invalid environment variable: {entry}")
        if sign:
            found[name] = value
        elif name in os.environ:
            found[name] = os.environ[name]
    return found


def _of_file(path: str) -> list[str]:
    try:
        with open(path, newline="", encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        fail(f"failed to open env file {path}: open {path}: {str(error.strerror).lower()}")
    return lines(text)


def lines(text: str) -> list[str]:
    """Those that say something."""
    found: Sequence[str] = text.split("\n")
    if any(len(line.encode()) >= LONGEST for line in found):
        fail("bufio.Scanner: token too long")
    stripped = (line.strip(_BLANK) for line in found)
    return [line for line in stripped if line and not line.startswith("#")]


__all__ = ["given", "lines"]
