"""Texts as its language reads them: a mark belongs to the character before it, and an ``=`` with a mark over it is no ``=``.

So a value that begins with a mark would melt into the sign that stands before it, and become part of the name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from perry_ffi.backends.command_line.arguments import plain, shown
from perry_ffi.errors import ValidationError

_GLUE = "\u200c\u200d"


def begins_apart(text: str) -> bool:
    """Whether the first character stays one of its own, whatever stands before it."""
    return not text or not (unicodedata.category(text[0]).startswith("M") or text[0] in _GLUE)


def apart(text: str, where: str) -> str:
    """``text``; ``ValidationError`` where it would melt into what stands before it."""
    if not begins_apart(text):
        raise ValidationError(
            f"{where}: it begins with a mark over the character before it, and there is none", path=where,
            expected="a text that begins with a character of its own",
        )  # fmt: skip
    return text


def option(flag: str, value: object, where: str = "") -> str:
    """``--flag=value``, one word, in which nothing melts. where: of the value, in errors; the flag."""
    return plain(f"--{flag}={apart(str(value), where or flag)}", where or flag)


def pairs(flag: str, entries: Mapping[str, str], *, bare: bool = False) -> list[str]:
    """``--flag=name=value`` for each entry; ``ValidationError`` for a name that would end elsewhere, or a value that melts.

    bare: an entry without a value is its name alone; of networks and volumes a ``=`` at the end would belong to the name.
    """
    found = []
    for name, value in entries.items():
        if not name or "=" in name:
            raise ValidationError(f"{flag}: {shown(name)!r} is no name of one", path=flag, expected="a name without =")
        where = f"{flag} {shown(name)}"
        found.append(option(flag, name if bare and not value else f"{name}={apart(value, where)}", where))
    return found


__all__ = ["apart", "begins_apart", "option", "pairs"]
