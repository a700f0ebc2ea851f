"""Volumes."""

from __future__ import annotations

from typing import Annotated, Any

from perry_ffi.model import values
from perry_ffi.model.base import Model, Text, parsed


class VolumeSpec(Model):
    """A volume to create; all members are optional."""

    driver: Text | None = None
    """Absent: the engine's ``local``."""
    driver_opts: Annotated[dict[str, str], parsed(values.text_map)] = {}
    labels: Annotated[dict[str, str], parsed(values.labels)] = {}


class VolumeInfo(Model):
    name: str
    driver: str
    mountpoint: str = ""
    created: str = ""
    scope: str = ""
    labels: dict[str, str] = {}
    options: dict[str, str] = {}
    raw: dict[str, Any] | None = None
