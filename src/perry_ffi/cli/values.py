"""Values that are printed, as a person says them."""

from __future__ import annotations

import time
from datetime import datetime


def ago(moment: str) -> str:
    """How long ago a moment (ISO 8601) was, in its largest unit."""
    seconds = max(0.0, time.time() - datetime.fromisoformat(moment).timestamp())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
