"""What ``podman info`` says; nothing where it refused, or said what is not known."""

from __future__ import annotations

import json
from typing import Any

from perry_ffi.doctor.facts import Said


def read(said: Said | None) -> dict[str, Any] | None:
    """Its document."""
    if said is None or said.exit_code != 0:
        return None
    try:
        document = json.loads(said.stdout)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def member(document: Any, *names: str) -> Any:
    """What is at the end of a way of names."""
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def free_bytes(said: Said | None) -> int | None:
    """What is left where it keeps images and volumes."""
    whole, used = (member(read(said), "store", name) for name in ("graphRootAllocated", "graphRootUsed"))
    return whole - used if isinstance(whole, int) and isinstance(used, int) and whole >= used > 0 else None
