"""Profiles: which services are enabled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ALL = "*"


def split(services: Mapping[str, Any], profiles: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Enabled and disabled services. One without profiles is always enabled; ``*`` among ``profiles`` enables all."""
    active = set(profiles)
    enabled: dict[str, Any] = {}
    disabled: dict[str, Any] = {}
    for name, service in services.items():
        wanted = service.get("profiles")
        on = not wanted or ALL in active or not active.isdisjoint(wanted)
        (enabled if on else disabled)[name] = service
    return enabled, disabled
