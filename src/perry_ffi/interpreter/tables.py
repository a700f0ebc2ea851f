"""Code that Python makes of text while modules load, and tables of it that the build makes: loading takes a part of the time of compiling.

Of text are the methods of dataclasses, those of named tuples and annotations that are evaluated; regular expressions become a
program as well. The tables have each text and what became of it, so what is not in them, for it has changed or is new, is
compiled as ever: a stale table is slow and never wrong. One that another Python made, or that is damaged, is none.

The file: a line that says which Python made it; how long the index is, and its check sum; the index (marshalled: the check sum
of a text → where its piece begins and ends, after the index); the pieces (each its check sum, then marshalled: text, result).
"""

from __future__ import annotations

import _imp
import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import CodeType
    from typing import Any

    Made = tuple[str, "str | bytes", int]
    """A kind of text ("exec", "eval", "pattern"), the text itself, and the flags of a pattern (else 0)."""

NAME = "start.tables"
"""The file, beside this module."""

_SUM = 8
"""Bytes of a check sum, and of a length."""
_KEY = 0x7461626C6573


def _sum(data: Any) -> bytes:
    return _imp.source_hash(_KEY, data)


def _named(made: Made) -> bytes:
    kind, text, flags = made
    form, text = (b"b", text) if isinstance(text, bytes) else (b"s", text.encode("utf-8", "surrogatepass"))
    return _sum(b"%s %d %s %s" % (kind.encode(), flags, form, text))


def _made_by() -> bytes:
    """Which Python can use what this one makes."""
    import _frozen_importlib_external as importing
    import _sre  # type: ignore[import-not-found]

    words = (sys.hexversion, sys.implementation.cache_tag, importing.MAGIC_NUMBER.hex(), _sre.MAGIC, sys.flags.optimize)
    return repr(words).encode() + b"\n"


class Tables:
    """data: the pieces. missed: hears of each text that is not here."""

    def __init__(self, places: Mapping[bytes, tuple[int, int]], data: memoryview) -> None:
        self._places, self._data = places, data
        self.missed: Callable[[Made], object] | None = None

    def code(self, mode: str, text: Any) -> CodeType | None:
        """What the compiler makes of a text; None where that is not here."""
        return self._look_up((mode, text, 0)) if type(text) is str else None

    def pattern(self, pattern: Any, flags: int) -> tuple[Any, ...] | None:
        """What ``_sre.compile`` is called with after the pattern; None where that is not here."""
        return self._look_up(("pattern", pattern, int(flags))) if type(pattern) in (str, bytes) else None

    def give_back(self) -> None:
        """The file is closed; nothing is found any more."""
        self._places = {}
        self._data.release()

    def _look_up(self, made: Made) -> Any:
        place = self._places.get(_named(made))
        if place is not None:
            piece = self._data[place[0] : place[1]]
            if piece[:_SUM] == _sum(piece[_SUM:]):
                found = marshal.loads(piece[_SUM:])
                if found[0] == made:
                    return found[1]
        if self.missed is not None:
            self.missed(made)
        return None


def written(results: Mapping[Made, Any]) -> bytes:
    """The file, by the Python that made the results; the same for the same results."""
    places, pieces, end = {}, [], 0
    for made in sorted(results, key=repr):
        piece = marshal.dumps((made, results[made]))
        start, end = end, end + _SUM + len(piece)
        places[_named(made)] = (start, end)
        pieces += [_sum(piece), piece]
    return with_index(places, pieces)


def read(file: Any) -> Tables | None:
    """The tables of the bytes of a file; None where another Python made them, or they are damaged."""
    found = indexed(file)
    return None if found is None else Tables(*found)


def with_index(index: Any, pieces: Sequence[bytes]) -> bytes:
    """A file for the Python that makes it: an index of plain values, and what that is of."""
    text = marshal.dumps(index)
    return b"".join([_made_by(), len(text).to_bytes(_SUM, "little"), _sum(text), text, *pieces])


def indexed(file: Any) -> tuple[Any, memoryview] | None:
    """The index of the bytes of such a file, and what follows it; None where another Python made it, or the index is damaged."""
    head, data = _made_by(), memoryview(file)
    start = len(head) + 2 * _SUM
    end = start + int.from_bytes(data[len(head) : len(head) + _SUM], "little")
    if data[: len(head)] != head or data[start - _SUM : start] != _sum(data[start:end]):
        return None
    return marshal.loads(data[start:end]), data[end:]


def stored() -> Any:
    """The bytes of the file that was built for these packages. Raises OSError where there is none."""
    if "__file__" not in globals():  # the shared object carries this module, and the tables as well
        import _perry_carried

        return _perry_carried.load("perry_ffi/interpreter/" + NAME)
    return mapped(NAME)


def mapped(name: str) -> Any:
    """The bytes of a file beside this module; what is not used of them takes no memory. Raises OSError where there is none."""
    import mmap

    # Before 3.13 the map keeps a descriptor, until it is given back.
    keeping: Any = {"trackfd": False} if sys.version_info >= (3, 13) else {}
    with open(__file__.rpartition("/")[0] + "/" + name, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ, **keeping)
