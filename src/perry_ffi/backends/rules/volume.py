"""Which members of a VolumeSpec an engine may lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.rules.labels import LABELS
from perry_ffi.backends.rules.member import Member, Members

if TYPE_CHECKING:
    from perry_ffi.model.volume import VolumeSpec

_DRIVER: Members[VolumeSpec] = {
    "VolumeSpec.driver": Member(lambda spec: ["driver"] if spec.driver not in (None, "", "local") else []),
    "VolumeSpec.driver_opts": Member(lambda spec: ["driver_opts"] if spec.driver_opts else []),
}
"""Where its data is: without it a container would see other data."""

VOLUME: Members[VolumeSpec] = {"VolumeSpec.labels.names": LABELS, **_DRIVER}

VOLUME_ALONE: Members[VolumeSpec] = {
    **_DRIVER,
    "VolumeSpec.driver_opts.noexec": Member(
        lambda spec: ["driver_opts.o"] if "noexec" in spec.driver_opts.get("o", "").split(",") else []
    ),
}
"""Of a volume that is asked for by itself."""
