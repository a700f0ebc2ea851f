"""Those modules of Python's own that compile text while others load look into the tables first.

They find ``exec``, ``eval`` and ``compile`` among their own names, before the builtin ones.
"""

from __future__ import annotations

import builtins

from perry_ffi.interpreter.tables import Tables, read, stored

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TEXT = "<string>"
"""What Python calls a text that is compiled from memory."""
_RARE = 0x84
"""Flags of patterns: LOCALE, where the result depends on more than the pattern, and DEBUG, where compiling prints."""
_Code = type(compile("", TEXT, "exec"))
_used: list[Tables] = []


def use_stored(*, classes: bool = True) -> None:
    """Puts in the tables that were built for these packages, where this Python can use them; again it adds what is missing.

    classes: also for dataclasses, whose module takes longer to import than what it spares a command that has none.
    """
    if not _used and (tables := usable()) is not None:
        _put_in(tables)
        _used.append(tables)
    if _used and classes:
        _put_in_classes(_used[0])


def give_back() -> None:
    """The tables that are used are closed, and their file with them: what is compiled from now on is compiled as ever."""
    while _used:
        _used.pop().give_back()


def usable() -> Tables | None:
    """The tables that were built for these packages; None where there are none that this Python can use."""
    try:
        return read(stored())
    except Exception:
        return None


def put_in(tables: Tables) -> None:
    """To be called before anything is imported that one would like to have from the tables."""
    _put_in(tables)
    _put_in_classes(tables)


def _put_in(tables: Tables) -> None:
    _, eval, compile = _look_first(tables)

    # In this order: each makes use of those before it.
    import collections

    collections.eval = eval  # type: ignore[attr-defined]
    import re

    _look_for_patterns(tables, re)
    import typing

    typing.compile = compile  # type: ignore[attr-defined]


def _put_in_classes(tables: Tables) -> None:
    import dataclasses

    dataclasses.exec = _look_first(tables)[0]  # type: ignore[attr-defined]


def _look_first(tables: Tables) -> tuple[Any, Any, Any]:
    """The three functions, as far as those modules use them: they give the namespaces."""
    code = tables.code

    def exec(source: Any, globals: dict[str, Any], locals: Any = None) -> None:
        builtins.exec(code("exec", source) or _compiled(source, "exec"), globals, locals)

    def eval(source: Any, globals: dict[str, Any], locals: Any = None) -> Any:
        return builtins.eval(code("eval", source) or _compiled(source, "eval"), globals, locals)

    def compile(source: Any, filename: Any, mode: str, *more: Any, **named: Any) -> Any:
        plain = filename == TEXT and mode == "eval" and not more and not named
        found = code("eval", source) if plain else None
        return found or builtins.compile(source, filename, mode, *more, **{"dont_inherit": True, **named})

    return exec, eval, compile


def _compiled(source: Any, mode: str) -> Any:
    """Compiled not as a part of this module, whose ``from __future__`` would count."""
    if type(source) is _Code:
        return source
    if mode == "eval" and isinstance(source, str):
        source = source.lstrip(" \t")  # as the builtin does
    return builtins.compile(source, TEXT, mode, dont_inherit=True)


def _look_for_patterns(tables: Tables, re: Any) -> None:
    import _sre  # type: ignore[import-not-found]

    plain, pattern, make = re._compiler.compile, tables.pattern, _sre.compile

    def compile(p: Any, flags: int = 0) -> Any:
        found = None if flags & _RARE else pattern(p, flags)
        return plain(p, flags) if found is None else make(p, *found)

    re._compiler.compile = compile
