"""Where a path of the document stands in its text. Only errors ask, so nothing is kept while all is well."""

from __future__ import annotations

from typing import Any

import yaml

from perry_ffi.compose.reader import events


def locate(content: str | bytes, path: str) -> tuple[int, int] | None:
    """Line and column (from 1) of the key or list entry at ``path`` in YAML ``content``, or of its nearest ancestor.

    ``path`` is spelled as errors spell it: ``services.web.ports[0]``. None if nothing of it is found.
    """
    best: tuple[int, tuple[int, int] | None] = (0, None)
    stack: list[list[Any]] = []  # [place, key or None, index or -1 for a mapping]
    try:
        for event in events(content):
            kind = type(event)
            if kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
                stack.pop()
                continue
            if kind not in (yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent, yaml.AliasEvent):
                continue
            place, is_key = _advance(stack, event)
            if place is not None and len(place) > best[0] and _leads(place, path):
                best = (len(place), (event.start_mark.line + 1, event.start_mark.column + 1))
            if kind in (yaml.MappingStartEvent, yaml.SequenceStartEvent):
                if is_key:
                    break  # a mapping as a key: no path of ours leads on
                stack.append([place or "", None, -1 if kind is yaml.MappingStartEvent else 0])
    except yaml.YAMLError:
        pass  # the readable part has been searched
    return best[1]


def _advance(stack: list[list[Any]], event: Any) -> tuple[str | None, bool]:
    """The place of this node and whether it is a key; a key's place is that of its value."""
    if not stack:
        return None, False
    top = stack[-1]
    place, key, index = top
    if index >= 0:
        top[2] = index + 1
        return f"{place}[{index}]", False
    if key is None:
        top[1] = getattr(event, "value", "")
        text = top[1]
        return (f"{place}.{text}" if place else text), True
    top[1] = None
    return (f"{place}.{key}" if place else key), False


def _leads(place: str, path: str) -> bool:
    return path.startswith(place) and (len(place) == len(path) or path[len(place)] in ".[")
