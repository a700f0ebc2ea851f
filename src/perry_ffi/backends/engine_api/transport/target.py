"""Request targets: path segments and query values from anybody, encoded so that they stay what they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from perry_ffi.errors import NotFound, ValidationError

MAX_SEGMENT = 4096


class Name(str):
    """A path segment that the caller gave. Plain ``str`` segments are this library's own words."""

    __slots__ = ()


class Reference(Name):
    """An image reference: the one caller's value that may hold slashes."""

    __slots__ = ()


def target(segments: Sequence[str], query: Mapping[str, Any] | None = None) -> str:
    """Path and query of a request. A query value None is left out, a tuple repeats its key, dict and list are JSON.

    Engines decode ``%2F`` and clean dot segments before they route, so encoding alone does not hold a
    hostile name in its place. No object but a network of docker's can bear a name that has a slash (a dot or an empty
    component in a reference), so such a name is answered here: NotFound.
    """
    path = "".join("/" + _segment(segment) for segment in segments)
    pairs = [(key, _value(item)) for key, value in (query or {}).items() for item in _repeated(value)]
    return f"{path}?{urlencode(pairs, quote_via=quote, safe='')}" if pairs else path


def _segment(segment: str) -> str:
    if not isinstance(segment, Name):
        return quote(segment, safe=".")
    if not segment:
        raise ValidationError("an empty name or id names nothing", expected="a name or an id")
    components = segment.split("/") if isinstance(segment, Reference) else [segment]
    if len(segment) > MAX_SEGMENT or "\0" in segment or any(_leaves(part) for part in components):
        raise NotFound(f"nothing can be named {_shown(segment)}", name=_shown(segment))
    try:
        return quote(segment, safe="/" if isinstance(segment, Reference) else "")
    except UnicodeEncodeError:
        raise NotFound(f"nothing can be named {_shown(segment)}", name=_shown(segment)) from None


def is_segment(name: str) -> bool:
    """Whether ``name`` can stand in a path, where engines read slashes and dots as steps."""
    return not _leaves(name)


def _leaves(component: str) -> bool:
    return component in ("", ".", "..") or "/" in component


def _shown(text: str) -> str:
    shown = repr(str(text))
    return shown if len(shown) <= 120 else shown[:117] + "..."


def _repeated(value: Any) -> tuple[Any, ...]:
    if isinstance(value, tuple):
        return value
    return () if value is None else (value,)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (dict, list)):
        return json.dumps(value, separators=(",", ":"))
    return str(value)
