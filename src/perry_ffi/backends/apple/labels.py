"""Labels of its containers, which its command line takes apart at every ``=``: a value that would not come through is encoded.

An encoded value begins with ``MARK``; one of somebody else's that begins so by itself is encoded too, so that each is read as it
was written. What the engine does not keep of a container is in a label of this backend's own (``KEPT``), which nobody is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote

from perry_ffi.backends.apple.characters import begins_apart
from perry_ffi.backends.command_line.arguments import plain

MARK = "perry-encoded:"
KEPT = "perry.apple.spec"
ANONYMOUS = "com.apple.container.resource.anonymous"
"""The label that it gives to volumes that nobody named."""


def encoded(value: str) -> str:
    """``value`` as it is given to the engine; ``ValidationError`` for one that cannot be."""
    plain(value, "label")
    if value.startswith(MARK) or "=" in value or not begins_apart(value):
        return MARK + quote(value, safe=" ,:/{}[]\"'")
    return value


def decoded(value: str) -> str:
    """The value that was meant."""
    return unquote(value.removeprefix(MARK)) if value.startswith(MARK) else value


def told(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels of a container that somebody gave it."""
    return {name: decoded(value) for name, value in labels.items() if name != KEPT}


__all__ = ["ANONYMOUS", "KEPT", "MARK", "decoded", "encoded", "told"]
