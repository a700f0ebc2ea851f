"""Volumes."""

from typing import Annotated

from perry_ffi.model import values
from perry_ffi.model.base import Model, Text, parsed
from perry_ffi.model.volume_info import VolumeInfo


class VolumeSpec(Model):
    """A volume to create; all members are optional."""

    driver: Text | None = None
    """Absent: the engine's ``local``."""
    driver_opts: Annotated[dict[str, str], parsed(values.text_map)] = {}
    labels: Annotated[dict[str, str], parsed(values.labels)] = {}


__all__ = ["VolumeInfo", "VolumeSpec"]
