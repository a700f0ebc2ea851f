"""What the local driver mounts (``type``, ``device``, ``o``), in podman's words."""

from __future__ import annotations

import re
from collections.abc import Mapping

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def podman_options(options: Mapping[str, str]) -> dict[str, str]:
    """``options`` as podman takes them.

    It takes the ``size`` of a tmpfs for a quota of its own storage, which not every file system has: it is said in blocks.
    """
    found = dict(options)
    words = found.get("o", "").split(",")
    if found.get("type") == "tmpfs" and "o" in found:
        found["o"] = ",".join(_in_blocks(word) for word in words)
    return found


def _in_blocks(word: str) -> str:
    match = re.fullmatch(r"size=([0-9]+)([kmg]?)", word, re.IGNORECASE)
    if not match:
        return word
    import resource

    page = resource.getpagesize()
    return f"nr_blocks={-(-int(match[1]) * _UNITS[match[2].lower()] // page)}"
