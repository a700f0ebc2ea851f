"""Which members of a VolumeSpec an engine may lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.rules.labels import LABELS
from perry_ffi.backends.rules.member import Member, Members

if TYPE_CHECKING:
    from perry_ffi.model.volume import VolumeSpec

VOLUME: Members[VolumeSpec] = {"VolumeSpec.labels.names": LABELS}

VOLUME_ALONE: Members[VolumeSpec] = {
    "VolumeSpec.driver_opts.noexec": Member(
        lambda spec: ["driver_opts.o"] if "noexec" in spec.driver_opts.get("o", "").split(",") else []
    )
}
"""Of a volume that is asked for by itself."""
