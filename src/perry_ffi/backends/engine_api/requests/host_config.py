"""Ports, mounts, tmpfs and name resolution of a container, as the engines' ``HostConfig`` has them."""

from __future__ import annotations

import os.path
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.flavour import ApiVersion, Flavour
from perry_ffi.backends.engine_api.requests.honoured import refuse_part
from perry_ffi.backends.engine_api.requests.tmpfs import tmpfs_options
from perry_ffi.errors import ValidationError

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.mounts import Mount
    from perry_ffi.model.ports import Port


def port_maps(ports: Sequence[Port], flavour: Flavour) -> tuple[dict[str, Any], dict[str, Any]]:
    """``ExposedPorts`` and ``PortBindings``."""
    exposed: dict[str, Any] = {}
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in ports:
        key = f"{port.target}/{port.protocol}"
        if port.protocol != "sctp" or flavour != "podman":  # Podman publishes one, and lets none be exposed.
            exposed[key] = {}
        bindings.setdefault(key, []).append({"HostIp": port.host_ip, "HostPort": port.published})
    return exposed, bindings


def host_binds(spec: ContainerSpec, flavour: Flavour, api: ApiVersion, directory: Path | None) -> dict[str, Any]:
    """``Binds``, ``Mounts``, ``Tmpfs``, ``ExtraHosts`` and ``Dns``.

    ``Binds`` carry what they can, because only they create a missing source, and because podman
    loses options of ``Mounts``. Not docker's anonymous volumes: since 27.4 it keeps no name of one that a bind made, hands
    it on to nobody and cannot start its container once it was restarted itself.
    """
    binds: list[str] = []
    mounts: list[dict[str, Any]] = []
    tmpfs = {
        path: tmpfs_options(options, spec.user, flavour, f"ContainerSpec.tmpfs[{index}]")
        for index, (path, options) in enumerate(spec.tmpfs.items())
    }
    for index, mount in enumerate(spec.volumes):
        where = f"ContainerSpec.volumes[{index}]"
        refuse_part("mount", mount, where, flavour, api)
        if mount.type == "tmpfs":
            if mount.target in tmpfs:
                raise ValidationError(f"{where}: expected one mount at {mount.target}", path=where, expected="one mount")
            tmpfs[mount.target] = tmpfs_options(_long_tmpfs(mount), spec.user, flavour, where)
        elif (entry := _mount(mount, flavour, directory, where)) is not None:
            mounts.append(entry)
        else:
            binds.append(_bind(mount, flavour, directory, where))
    refuse_part("dns", spec, "ContainerSpec", flavour, api)
    host: dict[str, Any] = {}
    for key, value in (
        ("Binds", binds),
        ("Mounts", mounts),
        ("Tmpfs", tmpfs),
        ("ExtraHosts", spec.extra_hosts),
        ("Dns", spec.dns),
    ):
        if value:
            host[key] = value
    return host


def _long_tmpfs(mount: Mount) -> str:
    options = ["ro"] if mount.read_only else []
    if mount.size:
        options.append(f"size={mount.size}")
    if mount.mode is not None:
        options.append(f"mode={mount.mode:o}")
    return ",".join(options)


def _bind(mount: Mount, flavour: Flavour, directory: Path | None, where: str) -> str:
    if not mount.source:  # Only on podman, which takes no option with a place alone.
        return mount.target
    source = _absolute(mount.source, directory, where) if mount.type == "bind" else mount.source
    options = [
        "ro" if mount.read_only else "",
        mount.selinux,
        mount.propagation,
        mount.consistency if flavour == "docker" else "",  # Of no meaning on Linux, and podman does not know the word.
        "nocopy" if mount.nocopy else "",
    ]
    tail = ",".join(option for option in options if option)
    return f"{source}:{mount.target}" + (f":{tail}" if tail else "")


def _absolute(source: str, directory: Path | None, where: str) -> str:
    if source.startswith("/"):
        return source
    if directory is None:
        raise ValidationError(f"{where}: expected an absolute path", path=where, expected="an absolute path")
    path = os.path.normpath(directory / source)
    if ":" in path:
        raise ValidationError(f"{where}: expected a path without :", path=where, expected="a path without :")
    return path


def _mount(mount: Mount, flavour: Flavour, directory: Path | None, where: str) -> dict[str, Any] | None:
    """The ``Mounts`` entry of what a bind cannot say; ``None`` where a bind says it all."""
    if mount.type == "bind":
        return None if mount.create_host_path else _strict_bind(mount, directory, where)
    if not _needs_entry(mount, flavour):
        return None
    entry: dict[str, Any] = {"Type": "volume", "Target": mount.target, "ReadOnly": mount.read_only}
    if mount.source:
        entry["Source"] = mount.source
    if mount.consistency:
        entry["Consistency"] = mount.consistency
    options = {"NoCopy": mount.nocopy, "Labels": dict(mount.labels), "Subpath": mount.subpath}
    if any(options.values()):
        entry["VolumeOptions"] = {key: value for key, value in options.items() if value}
    return entry


def _needs_entry(mount: Mount, flavour: Flavour) -> bool:
    if mount.source or flavour == "podman":
        return bool(mount.labels or mount.subpath or (mount.nocopy and not mount.source))
    return True


def _strict_bind(mount: Mount, directory: Path | None, where: str) -> dict[str, Any]:
    source = _absolute(mount.source, directory, where)
    entry: dict[str, Any] = {
        "Type": "bind",
        "Source": source,
        "Target": mount.target,
        "ReadOnly": mount.read_only,
    }
    if mount.consistency:
        entry["Consistency"] = mount.consistency
    if mount.propagation:
        entry["BindOptions"] = {"Propagation": mount.propagation}
    return entry
