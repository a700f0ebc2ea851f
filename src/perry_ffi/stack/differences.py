"""What of a service its container was not made from: which members, what they were as far as anybody still knows, and what they are.

Values that may be secret are never told: that they changed is. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import one_line
from perry_ffi.stack import identity
from perry_ffi.stack.member_words import is_seen_to_differ, old_words, words
from perry_ffi.stack.members import changed
from perry_ffi.stack.shape import text

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerInfo
    from perry_ffi.model.why import MemberChange

_SECRET = r"pass(?!ive|through)|pwd|secret|token|key|cred|auth|private|cert|dsn|salt|signature|cookie|session"
"""In the names of values that are not shown."""
_HIDDEN = ("contents", "secrets", "configs", "credential_spec")
"""Members that are never shown, or whose parts tell nothing."""
WIDTH = 200
UNKNOWN = "it does not tell what it was made from, member by member: another program made it, or an older version of this one"


def differences(parts: Mapping[str, Any], info: ContainerInfo) -> tuple[list[MemberChange], str | None]:
    """What differs between ``parts`` (as ``members`` has them) and the container, and what cannot be known of that."""
    rows = changed(info.labels.get(identity.MEMBERS, ""), parts)
    if rows is None:
        return [_change(path, "changed", parts, info) for path in _seen_to_differ(parts, info)], UNKNOWN
    return [_change(path, change, parts, info) for path, change in rows.items()], None


def is_secret(path: str, value: Any) -> bool:
    """Whether a value may be one that nobody is to see."""
    if path.partition(".")[0] in _HIDDEN or re.search(_SECRET, path, re.IGNORECASE):
        return True
    return not isinstance(value, bool | int | float) and bool(re.search(rf"({_SECRET})\S*\s*[=:\"]", text(value), re.IGNORECASE))


def _change(path: str, change: str, parts: Mapping[str, Any], info: ContainerInfo) -> MemberChange:
    old = None if change == "added" else old_words(path, info)
    new = parts.get(path)
    hidden = is_secret(path, new) or is_secret(path, old)
    before, now = _bounded(old), _bounded(words(path, new))
    hidden = hidden or (before == now and change == "changed")  # What differs was left out of both.
    return {"path": path, "change": change, "old": None if hidden else before, "new": None if hidden else now, "hidden": hidden}


def _bounded(value: str | None) -> str | None:
    if value is None:
        return None
    line = one_line(value)
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."


def _seen_to_differ(parts: Mapping[str, Any], info: ContainerInfo) -> list[str]:
    """Of what the engine tells in words that can be compared."""
    return [path for path, value in parts.items() if is_seen_to_differ(path, value, info)]
