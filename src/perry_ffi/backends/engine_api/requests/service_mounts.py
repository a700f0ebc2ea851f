"""Mounts that only a service has, as the engines' ``Mounts`` take them."""

from __future__ import annotations

import os.path
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.flavour import Flavour
from perry_ffi.errors import ValidationError

if TYPE_CHECKING:
    from perry_ffi.model.mounts import Mount
    from perry_ffi.model.service import ServiceSpec

_SAID = {"docker": ("disabled", "writable", "readonly"), "podman": ("disabled", "readonly")}
"""What a mount's ``recursive`` has to be said by. Podman's read-only binds leave the mounts below writable."""


def service_mounts(spec: ServiceSpec, flavour: Flavour, directory: Path | None) -> tuple[list[dict[str, Any]], ServiceSpec]:
    """The entries of mounts that a ContainerSpec cannot say, and the spec without them.

    A bind whose source must exist stays with the spec as one whose source may be created where the engine cannot tell
    the two apart (podman), or not together with its other options (selinux): its source is looked for before.
    """
    entries: list[dict[str, Any]] = []
    kept: list[Mount] = []
    for index, mount in enumerate(spec.volumes):
        if mount.type not in ("bind", "volume", "tmpfs"):
            entries.append(_entry(mount))
        elif mount.type == "bind" and getattr(mount, "recursive", "") in _SAID[flavour]:
            entries.append(_recursive(mount, directory, f"ContainerSpec.volumes[{index}].bind.recursive"))
        elif mount.type == "bind" and not mount.create_host_path and (flavour == "podman" or mount.selinux):
            kept.append(replace(mount, create_host_path=True))
        else:
            kept.append(mount)
    return entries, spec.model_copy(update={"volumes": kept})


def _entry(mount: Mount) -> dict[str, Any]:
    entry: dict[str, Any] = {"Type": mount.type, "Source": mount.source, "Target": mount.target}
    if mount.read_only:
        entry["ReadOnly"] = True
    if mount.type == "image" and mount.subpath:
        entry["ImageOptions"] = {"Subpath": mount.subpath}
    return entry


def _recursive(mount: Mount, directory: Path | None, where: str) -> dict[str, Any]:
    """A bind that says what becomes of the mounts below its source."""
    kind = getattr(mount, "recursive", "")
    if kind == "readonly" and not mount.read_only:
        expected = "read_only: true beside readonly"
        raise ValidationError(f"{where}: expected {expected}", path=where, expected=expected)
    source = mount.source if mount.source.startswith("/") else os.path.normpath(Path(directory or "/", mount.source))
    options: dict[str, Any] = {"Propagation": mount.propagation} if mount.propagation else {}
    key = {"disabled": "NonRecursive", "writable": "ReadOnlyNonRecursive", "readonly": "ReadOnlyForceRecursive"}[kind]
    options[key] = True
    if mount.create_host_path:
        options["CreateMountpoint"] = True
    entry = {"Type": "bind", "Source": source, "Target": mount.target, "BindOptions": options}
    return entry | ({"ReadOnly": True} if mount.read_only else {})
