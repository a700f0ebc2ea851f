"""The tables by which specs are refused that are asked for by themselves, by the model or the part of a container they are of."""

from __future__ import annotations

from typing import Any

from perry_ffi.backends.rules import container
from perry_ffi.backends.rules.build import BUILD_ALONE
from perry_ffi.backends.rules.member import Members
from perry_ffi.backends.rules.network import NETWORK_ALONE
from perry_ffi.backends.rules.volume import VOLUME_ALONE

ALONE: dict[str, Members[Any]] = {
    "ContainerSpec": container.CONTAINER,
    "NetworkSpec": NETWORK_ALONE,
    "VolumeSpec": VOLUME_ALONE,
    "BuildSpec": BUILD_ALONE,
    "attachment": container.ATTACHMENT,
    "mount": container.MOUNT,
    "tmpfs": container.TMPFS,
    "dns": container.DNS,
}

__all__ = ["ALONE"]
