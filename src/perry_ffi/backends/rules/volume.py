"""Which members of a VolumeSpec an engine may lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.rules.labels import LABELS
from perry_ffi.backends.rules.member import Members

if TYPE_CHECKING:
    from perry_ffi.model.volume import VolumeSpec

VOLUME: Members[VolumeSpec] = {"VolumeSpec.labels.names": LABELS}
