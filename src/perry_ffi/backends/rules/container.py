"""Which members of a ContainerSpec an engine may lack. A single container is what was asked for, or it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.rules import tmpfs
from perry_ffi.backends.rules.member import Member, Members, Use, below
from perry_ffi.backends.rules.tmpfs import Kind
from perry_ffi.model.host_values import is_alias
from perry_ffi.model.values import is_ip, is_zoned_ip

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.container_values import Attachment
    from perry_ffi.model.mounts import Mount

PREFIX = "ContainerSpec"


ATTACHMENT: Members[Attachment] = {
    "ContainerSpec.networks.link_local_ips": Member(lambda item: ["link_local_ips"] if item.link_local_ips else []),
    "ContainerSpec.networks.driver_opts": Member(lambda item: ["driver_opts"] if item.driver_opts else []),
    "ContainerSpec.networks.aliases": Member(lambda item: ["aliases"] if not all(map(is_alias, item.aliases)) else []),
}
"""Of one network that a container joins, at its creation or later."""


def _one(path: str, used: Callable[[ContainerSpec], Any]) -> Member[ContainerSpec]:
    return Member(lambda spec: [path] if used(spec) else [])


_MEMBERS: Members[ContainerSpec] = {
    "ports.range": Member(lambda spec: [Use("ports", port.published) for port in spec.ports if "-" in port.published]),
    "healthcheck.untested": _one("healthcheck", lambda spec: spec.healthcheck and not spec.healthcheck.test),
    "healthcheck.start_interval": _one(
        "healthcheck.start_interval", lambda spec: spec.healthcheck and spec.healthcheck.start_interval
    ),
    "hostname.parts": _one("hostname", lambda spec: spec.hostname and not is_alias(spec.hostname)),
    "gpus": _one("gpus", lambda spec: spec.gpus),
    "runtime": _one("runtime", lambda spec: spec.runtime),
    "isolation_level.microvm": _one("isolation_level", lambda spec: spec.isolation_level == "microvm"),
}

_ROOTLESS: Members[ContainerSpec] = {
    "rootless.limits": Member(
        lambda spec: [name for name in ("memory", "cpus", "pids_limit") if getattr(spec, name) is not None]
    ),
    "rootless.ulimits": _one("ulimits", lambda spec: spec.ulimits),
}

CONTAINER = below(PREFIX, {**_MEMBERS, **_ROOTLESS})
"""But for its attachments, mounts and tmpfs, which are looked at one by one, and its servers of names."""

DNS: Members[ContainerSpec] = {
    "ContainerSpec.dns.names": Member(lambda spec: [f"dns[{index}]" for index, it in enumerate(spec.dns) if not is_ip(it)]),
    "ContainerSpec.dns.words": Member(lambda spec: [f"dns[{index}]" for index, it in enumerate(spec.dns) if not is_zoned_ip(it)]),
}
"""Of its servers of names."""


def _option(which: Kind) -> Member[str]:
    """Options of one kind."""
    return Member(lambda options: [about for about, word in tmpfs.parsed(options).items() if tmpfs.kind(about, word) is which])


TMPFS: Members[str] = {
    "ContainerSpec.tmpfs.unknown": _option(Kind.UNKNOWN),
    "ContainerSpec.tmpfs.podman": _option(Kind.PODMAN),
    "ContainerSpec.tmpfs.options": _option(Kind.DOCKER),
    "ContainerSpec.tmpfs.owner": _option(Kind.OWNER),
}
"""Of the options of one tmpfs, in the words that are meant for the engine."""


def _mount(kind: str, used: Callable[[Mount], Any], path: str) -> Member[Mount]:
    return Member(lambda mount: [path] if mount.type == kind and used(mount) else [])


def _is_beyond_a_bind(mount: Mount) -> bool:
    """A volume that no bind can say: an anonymous one, or one with options of its own."""
    return not mount.source or bool(mount.labels or mount.subpath)


_MOUNT: Members[Mount] = {
    "create_host_path": _mount("bind", lambda it: not it.create_host_path, "bind.create_host_path"),
    "create_host_path.selinux": _mount("bind", lambda it: not it.create_host_path and it.selinux, "bind.create_host_path"),
    "subpath": _mount("volume", lambda it: it.subpath, "volume.subpath"),
    "labels": _mount("volume", lambda it: it.labels, "volume.labels"),
    "nocopy": _mount("volume", lambda it: it.nocopy and not it.source, "volume.nocopy"),
    "selinux": _mount("volume", lambda it: it.selinux == "Z" and _is_beyond_a_bind(it), "bind.selinux"),
}

MOUNT = below(f"{PREFIX}.volumes", _MOUNT)
"""Of one mount."""
