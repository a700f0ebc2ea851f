"""What the readers of its documents share: a document that is not of the known shape is an error that shows it."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from perry_ffi.backends.apple.words import NAME
from perry_ffi.backends.command_line.reading import document, unreadable
from perry_ffi.model.answer import Mismatch

T = TypeVar("T")
Reader = Callable[[Mapping[str, Any]], T]


def reads(what: str) -> Callable[[Reader[T]], Reader[T]]:
    """Turns whatever a reader trips over into a BackendError that names ``what`` and shows the document."""

    def wrap(reader: Reader[T]) -> Reader[T]:
        @functools.wraps(reader)
        def read(row: Mapping[str, Any]) -> T:
            try:
                return reader(row)
            except Mismatch as error:
                why = "unexpected " + ", ".join(error.places[:3])
            except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
                why = f"{type(error).__name__}: {error}"[:120]
            unreadable(json.dumps(row, default=str), doing=f"read {what}", backend=NAME, why=why)

        return read

    return wrap


def rows(output: bytes, doing: str) -> list[dict[str, Any]]:
    """The objects of a list; what is printed is one JSON text, on one line or on many."""
    found = document(output, doing=doing, backend=NAME)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        unreadable(output.decode("utf-8", "replace"), doing=doing, backend=NAME, why="it is no list of objects")
    return found


def one(output: bytes, doing: str) -> dict[str, Any]:
    """The one object of a list."""
    found = rows(output, doing)
    if len(found) != 1:
        unreadable(output.decode("utf-8", "replace"), doing=doing, backend=NAME, why=f"it has {len(found)} objects")
    return found[0]


def of(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A member that is an object; an empty one where it is absent."""
    value = row.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is no object")
    return value


def items(row: Mapping[str, Any], name: str) -> Sequence[Any]:
    """A member that is a list; an empty one where it is absent."""
    value = row.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise TypeError(f"{name} is no list")
    return value


def texts(row: Mapping[str, Any], name: str) -> dict[str, str]:
    """A member that is an object of texts."""
    found = of(row, name)
    if not all(isinstance(value, str) for value in found.values()):
        raise TypeError(f"{name} has what is no text")
    return dict(found)


__all__ = ["items", "of", "one", "reads", "rows", "texts"]
