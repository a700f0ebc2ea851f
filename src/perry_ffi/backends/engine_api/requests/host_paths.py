"""Paths of this machine in what an engine is asked for. One on another machine would look for them there, and find nothing or its own.

Paths that every Linux machine has of its own are the engine's, and so are those that are not here: somebody means them there.
Everything else is refused by its member before anything is touched, for a folder that is not there would be made, empty.
"""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from perry_ffi.errors import Unsupported

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec

EVERYWHERE = (
    "/boot", "/dev", "/etc/localtime", "/etc/machine-id", "/etc/os-release", "/etc/timezone", "/lib/modules", "/proc", "/run",
    "/sys", "/usr/lib/modules", "/usr/share/zoneinfo", "/usr/src", "/var/lib/containerd", "/var/lib/containers",
    "/var/lib/docker", "/var/log", "/var/run",
)  # fmt: skip
"""What lies here, or below, is meant on the engine's machine."""
_FOLDERS = frozenset(
    (
        "/",
        "/etc",
        "/home",
        "/media",
        "/mnt",
        "/opt",
        "/root",
        "/srv",
        "/tmp",
        "/usr",
        "/usr/local",
        "/var",
        "/var/lib",
        "/var/tmp",
    )
)
"""That one of these is here does not tell that what is not in it was meant here."""


def may_name_files(spec: ContainerSpec) -> bool:
    """Whether files may be looked at before the engine is asked for ``spec``: sources of mounts, or a seccomp profile."""
    return bool(spec.volumes or spec.seccomp or spec.security_opt)


def refuse_host_paths(spec: ContainerSpec, directory: Path, address: str) -> None:
    """Raises Unsupported for the first bind mount of ``spec`` that is of this machine; blocking. address: the engine's."""
    for index, mount in enumerate(spec.volumes):
        if mount.type == "bind" and is_of_this_machine(mount.source, directory):
            _refuse(f"ContainerSpec.volumes[{index}].source", mount.source, address)


def refuse_device(driver: str | None, options: Mapping[str, Any], directory: Path, address: str) -> None:
    """The same of a volume that is a bind mount of its driver's."""
    device = str(options.get("device") or "")
    is_bind = {"bind", "rbind"} & set(str(options.get("o") or "").split(","))
    if driver in (None, "", "local") and is_bind and device and is_of_this_machine(device, directory):
        _refuse("VolumeSpec.driver_opts.device", device, address)


def is_of_this_machine(source: str, directory: Path) -> bool:
    """Whether a source of a bind mount is meant on this machine. directory: what it is relative to."""
    if not source.startswith("/"):
        return True
    path = os.path.normpath(directory / source)
    if path in ("/", "//") or any(path == place or path.startswith(f"{place}/") for place in EVERYWHERE):
        return False
    if os.path.lexists(path):
        return True
    folder = os.path.dirname(path)
    return folder not in _FOLDERS and os.path.isdir(folder)


def _refuse(member: str, source: str, address: str) -> NoReturn:
    raise Unsupported(
        f"{member}: {source} is of this machine, and the engine is on another one ({address})",
        member=member, path=member, file=source, remedy=REMEDY,
    )  # fmt: skip


REMEDY = (
    "take a volume, or an image that has the files; a config or secret of a project is copied there; or, where the engine's "
    "machine has them at the same path, set PERRY_CONTAINER_HOST_PATHS=engine"
)
