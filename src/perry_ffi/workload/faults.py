"""Errors of a graph: where in its document, what was expected there, and what helps. No value of a variable is in one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from perry_ffi.errors import ValidationError
from perry_ffi.model.jsontext import join

ROOT = "WorkloadGraph"
_SHOWN = 10


def place(*steps: str | int) -> str:
    """The path of a part of the document: ``place("nodes", "db", "image")``."""
    path = ROOT
    for step in steps:
        path = join(path, step)
    return path


def fault(path: str, expected: str, reason: str = "") -> ValidationError:
    """expected: what would be right. reason: why what is there is not."""
    message = f"{path}: expected {expected}" + (f": {reason}" if reason else "")
    return ValidationError(message, path=path, expected=expected, reason=reason or None)


def unknown(path: str, what: str, name: str, known: Iterable[str], remedy: str | None = None) -> ValidationError:
    """There is no ``what`` (a node, a network) of that name. known: those that there are. remedy: where none of them is meant."""
    there = sorted(known)
    close = get_close_matches(name, there, n=1)
    candidates = ", ".join(there[:_SHOWN]) + (", ..." if len(there) > _SHOWN else "") if there else "none"
    advice = f"is {close[0]!r} meant?" if close else f"there is: {candidates}"
    expected = f"{what} of this graph"
    shown = repr(name) if len(name) <= 80 else repr(name[:80]) + "..."
    message = f"{path}: expected {expected}, found {shown} ({advice})"
    if remedy and not close:
        message += f"; {remedy}"
    details = {"candidates": there[:_SHOWN], "meant": close[0] if close else None, "remedy": remedy}
    return ValidationError(message, path=path, expected=expected, **details)


__all__ = ["ROOT", "fault", "place", "unknown"]
