"""Pull policies with a period: how old an image may be before it is pulled again. Pure."""

from __future__ import annotations

import re

_NAMED = {"daily": 86400.0, "weekly": 7 * 86400.0}
_UNITS = {"w": 7 * 86400.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}


def refresh_after(policy: str) -> float | None:
    """The seconds of ``daily``, ``weekly`` and ``every_<duration>``; ``None`` for a policy without a period."""
    if policy.startswith("every_"):
        return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"([0-9]+)([wdhms])", policy))
    return _NAMED.get(policy)
