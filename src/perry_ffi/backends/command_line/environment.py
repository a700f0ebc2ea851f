"""Variables of a container that are given to a runtime's program apart from its words, which everybody on the machine can read.

They stand in a file without a name, which the program inherits open: nothing is left of it, however the program or this process
ends. Such a file has a line for each variable; what no line can hold stays a word.
"""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
from collections.abc import Mapping

_LONGEST = 60_000
"""Bytes of a line: a program in Go reads none of 64 KiB."""
_BREAK = re.compile("[\\n\\v\\f\\r\\x1c-\\x1e\\x85\\u2028\\u2029]")
"""What ends a line somewhere."""
_LEAST = 10
"""Lower numbers may become a program's streams."""


def parted(variables: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The lines for those that one can hold, and the others."""
    held = {name: text for name, text in variables.items() if _is_line(name, f"{name}={text}")}
    lines = "".join(f"{name}={text}\n" for name, text in held.items())
    return lines, {name: text for name, text in variables.items() if name not in held}


def _is_line(name: str, line: str) -> bool:
    """Whether all programs read of ``line`` what it says: they take blanks off its ends, and one that begins with # for none."""
    if not name or "=" in name or re.search(r"\s", name) or line.startswith(("#", "\ufeff")) or line != line.strip():
        return False
    try:
        return _BREAK.search(line) is None and "\0" not in line and len(line.encode()) <= _LONGEST
    except UnicodeEncodeError:
        return False


def opened(lines: str) -> int:
    """The number of an open file without a name that has ``lines``; its caller's to close. Blocking, in memory where that can be."""
    if hasattr(os, "memfd_create"):
        made = os.memfd_create("environment")
    else:
        with tempfile.TemporaryFile(buffering=0) as file:
            made = os.dup(file.fileno())
    try:
        view = memoryview(lines.encode())
        while view:
            view = view[os.write(made, view) :]
        os.lseek(made, 0, os.SEEK_SET)
        return fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, _LEAST)
    finally:
        os.close(made)


def with_file(words: list[str], file: int) -> list[str]:
    """A command's words with the option that names the file, behind its first."""
    return [words[0], f"--env-file=/dev/fd/{file}", *words[1:]]


__all__ = ["opened", "parted", "with_file"]
