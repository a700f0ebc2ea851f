"""The labels of sandboxes: what a later run recognises one by whose host was killed. None of them says what runs in it."""

from __future__ import annotations

import time
from collections.abc import Mapping

from perry_ffi.sandbox.owner import this_process

RUN = "perry.capability"
"""A random id."""
DEADLINE = RUN + ".deadline"
"""Seconds since 1970 at which it has ended, if anybody is there to end it."""
OWNER = RUN + ".owner"

BEFORE_START = 60
"""Seconds that a sandbox may take from its creation to its start."""


def labels(ident: str, timeout: float) -> dict[str, str]:
    """Of a run of this process that is created now."""
    return {RUN: ident, DEADLINE: str(int(time.time() + timeout) + BEFORE_START), OWNER: this_process()}


def deadline(found: Mapping[str, str]) -> int | None:
    """The deadline that labels tell; None where they tell none."""
    text = found.get(DEADLINE, "")
    return int(text) if text.isdecimal() and len(text) < 16 else None


__all__ = ["DEADLINE", "OWNER", "RUN", "deadline", "labels"]
