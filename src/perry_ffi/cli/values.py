"""Values of flags, and of what is printed."""

from __future__ import annotations

import argparse
import time
from datetime import datetime


def seconds(text: str) -> float:
    """A number of seconds from 0, as a program may give one. Raises ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of seconds from 0, found {text!r}")
    return value


def ago(moment: str) -> str:
    """How long ago a moment (ISO 8601) was, in its largest unit."""
    seconds = max(0.0, time.time() - datetime.fromisoformat(moment).timestamp())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
