"""The next page of a list: RFC 8288, "Link", as the distribution specification uses it."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PARAMETER = r"\s*+;\s*+[\w!#$&+.^`|~-]++\s*+(?:=\s*+(?:\"(?:[^\"\\]|\\.)*+\"|[^\s\",;]++))?+"
_LINK = re.compile(rf"\s*+<([^<>]*+)>((?:{_PARAMETER})*+)\s*+(?:,|\Z)")  # possessive: linear, whatever is sent
_RELATION = re.compile(r";\s*+rel\s*+=\s*+(?:\"([^\"]*+)\"|([^\s\",;]++))", re.IGNORECASE)


def next_page(values: Sequence[str]) -> str | None:
    """The address that a ``Link`` header with ``rel="next"`` names, as it is written."""
    for value in values:
        start = 0
        while found := _LINK.match(value, start):
            relation = _RELATION.search(found[2])
            if relation and "next" in (relation[1] or relation[2] or "").lower().split():
                return found[1]
            start = found.end()
            if start >= len(value):
                break
    return None
