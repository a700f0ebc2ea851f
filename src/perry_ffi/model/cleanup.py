"""What a clean-up is told to remove, and what it did."""

from __future__ import annotations

from perry_ffi.model.base import Count, Model


class CleanupOptions(Model):
    volumes: bool = False
    """Named volumes go too."""
    networks: bool = True


class CleanupReport(Model):
    containers_removed: Count = 0
    networks_removed: Count = 0
    volumes_removed: Count = 0
    errors: list[str] = []
    """One line for each thing that could not be removed."""
