"""The mounts of a service's tasks, as Swarm's ``Mounts`` takes them: it has no ``Binds`` and no ``Tmpfs`` beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.flavour import ApiVersion, refuse_member
from perry_ffi.backends.engine_api.swarm.escape import escaped, escaped_values
from perry_ffi.backends.rules.tmpfs import Kind, kind, parsed
from perry_ffi.errors import ValidationError
from perry_ffi.model.values import size as read_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perry_ffi.model.mounts import Mount
    from perry_ffi.model.service import ServiceSpec

SUBPATH_API: ApiVersion = (1, 45)
TMPFS_OPTIONS_API: ApiVersion = (1, 46)
"""From here on a tmpfs of a service takes the options ``exec`` and ``noexec``; before, it is never executable."""
SHARED_MEMORY, _SHARED_MODE = "/dev/shm", 0o1777
_DEFAULTS = ("noexec", "nosuid", "nodev", "rw", "notmpcopyup")
"""What a tmpfs of a service is where nothing is said."""


def mounts(spec: ServiceSpec, api: ApiVersion) -> list[dict[str, Any]]:
    """``Mounts``. Raises Unsupported for what no task of a service can have, ValidationError for two mounts at one place."""
    found: dict[str, dict[str, Any]] = {}
    for where, entry in _entries(spec, api):
        if entry["Target"] in found:
            raise ValidationError(f"{where}: expected one mount at {entry['Target']}", path=where, expected="one mount")
        found[entry["Target"]] = entry
    return [{**entry, "Target": escaped(target)} for target, entry in found.items()]


def _entries(spec: ServiceSpec, api: ApiVersion) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, mount in enumerate(spec.volumes):
        where = f"ServiceSpec.volumes[{index}]"
        yield where, _of_mount(mount, where, api)
    for target, options in spec.tmpfs.items():
        where = f"ServiceSpec.tmpfs[{target}]"
        yield where, _of_options(target, options, where, api)
    if spec.shm_size is not None:
        yield "ServiceSpec.shm_size", _tmpfs(SHARED_MEMORY, spec.shm_size, _SHARED_MODE)


def _of_mount(mount: Mount, where: str, api: ApiVersion) -> dict[str, Any]:
    makers = {"bind": _bind, "volume": _volume, "tmpfs": _long_tmpfs}
    if mount.type not in makers:
        refuse_member(f"{where}.type", "docker", f"a service mounts nothing of the type {mount.type}")
    if mount.selinux:
        refuse_member(f"{where}.selinux", "docker", "a service's mounts are not labelled")
    entry = makers[mount.type](mount, where, api)
    if mount.consistency:
        entry["Consistency"] = mount.consistency
    return entry | ({"ReadOnly": True} if mount.read_only else {})


def _bind(mount: Mount, where: str, api: ApiVersion) -> dict[str, Any]:
    if not mount.source.startswith("/"):
        raise ValidationError(f"{where}.source: expected an absolute path", path=f"{where}.source", expected="an absolute path")
    if getattr(mount, "recursive", "") not in ("", "enabled", "disabled"):
        refuse_member(f"{where}.bind.recursive", "docker", "a service knows enabled and disabled")
    entry: dict[str, Any] = {"Type": "bind", "Source": escaped(mount.source), "Target": mount.target}
    options: dict[str, Any] = {"Propagation": mount.propagation} if mount.propagation else {}
    if getattr(mount, "recursive", "") == "disabled":
        options["NonRecursive"] = True
    return entry | ({"BindOptions": options} if options else {})


def _volume(mount: Mount, where: str, api: ApiVersion) -> dict[str, Any]:
    entry: dict[str, Any] = {"Type": "volume", "Target": mount.target}
    if mount.source:
        entry["Source"] = escaped(mount.source)
    driver, driver_opts = getattr(mount, "driver", ""), getattr(mount, "driver_opts", {})
    if mount.subpath and api < SUBPATH_API:
        refuse_member(f"{where}.volume.subpath", "docker", "its API knows it from 1.45 on")
    options = {
        "NoCopy": mount.nocopy,
        "Labels": escaped_values(mount.labels),
        "Subpath": mount.subpath,
        "DriverConfig": {"Name": driver or "local", "Options": escaped_values(driver_opts)} if driver or driver_opts else None,
    }
    said = {name: value for name, value in options.items() if value}
    return entry | ({"VolumeOptions": said} if said else {})


def _long_tmpfs(mount: Mount, where: str, api: ApiVersion) -> dict[str, Any]:
    return _tmpfs(mount.target, mount.size, mount.mode)


def _of_options(target: str, text: str, where: str, api: ApiVersion) -> dict[str, Any]:
    """A tmpfs whose options are written as mount options."""
    wanted = parsed(text)
    size = read_size(wanted.pop("size").partition("=")[2]) if "size" in wanted else 0
    mode = int(wanted.pop("mode").partition("=")[2], 8) if "mode" in wanted else None
    entry = _tmpfs(target, size, mode)
    if wanted.get("ro") == "ro":
        entry["ReadOnly"] = True
        del wanted["ro"]
    if wanted.get("exec") == "exec" and api >= TMPFS_OPTIONS_API:
        entry.setdefault("TmpfsOptions", {})["Options"] = [["exec"]]
        del wanted["exec"]
    for about, word in wanted.items():
        if word not in _DEFAULTS and kind(about, word) is not Kind.MOOT:
            refuse_member(where, "docker", f"a service's tmpfs takes size, mode and ro, and not {word!r}")
    return entry


def _tmpfs(target: str, size: int, mode: int | None) -> dict[str, Any]:
    options = {"SizeBytes": size or None, "Mode": mode}
    said = {name: value for name, value in options.items() if value is not None}
    return {"Type": "tmpfs", "Target": target, **({"TmpfsOptions": said} if said else {})}
