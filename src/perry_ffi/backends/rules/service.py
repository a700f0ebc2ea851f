"""Which members of a ServiceSpec an engine may lack: how to see that one is used, and what is left without it.

A member that cannot be left out is refused where an engine lacks it, in every mode: without it the container would see
other data, or be less isolated, than the file says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.rules import tmpfs
from perry_ffi.backends.rules.cluster import CLUSTER_SERVICE
from perry_ffi.backends.rules.machines import MACHINE_SERVICE
from perry_ffi.backends.rules.member import Knows, Members, Valued, below
from perry_ffi.backends.rules.member import Member as MemberOf
from perry_ffi.backends.rules.programs import PROGRAM_SERVICE
from perry_ffi.backends.rules.tmpfs import Kind
from perry_ffi.model.host_values import is_alias
from perry_ffi.model.values import is_ip, is_plain_label, is_zoned_ip

if TYPE_CHECKING:
    from perry_ffi.model.service import ServiceSpec

    Member = MemberOf[ServiceSpec]
else:
    Member = MemberOf

PREFIX = "ServiceSpec"
_DOMAIN = "kernel.domainname"

Found = Callable[["ServiceSpec"], list[str]]


def _is_no_signal(text: str) -> bool:
    """Whether ``text`` is a number that no system has a signal for."""
    return text.lstrip("-").isdecimal() and not 0 < abs(int(text)) <= 64


def _one(name: str, empty: Any = None, compose: str = "") -> Member:
    """A member that is there or not."""
    return Member(
        lambda spec: [compose or name] if getattr(spec, name) else [],
        lambda spec: spec.model_copy(update={name: empty}),
    )


def _refused(member: Member) -> Member:
    return Member(member.found)


def _each(name: str, test: Callable[[Any], bool], path: str, change: Callable[[Any], Any] | None = None) -> Member:
    """A part of some entries of a list; ``change`` gives the entry less it, or ``None`` for no entry at all."""

    def found(spec: ServiceSpec) -> list[str]:
        items = enumerate(getattr(spec, name))
        return [path.format(index=index, name=_key(item)) for index, item in items if test(item)]

    def without(spec: ServiceSpec) -> ServiceSpec:
        assert change is not None
        items = [change(item) if test(item) else item for item in getattr(spec, name)]
        return spec.model_copy(update={name: [item for item in items if item is not None]})

    return Member(found, without if change else None)


def _key(item: Any) -> str:
    """What the file calls a network."""
    return getattr(item, "key", "") or getattr(item, "name", "")


def _security(key: str) -> Member:
    def found(spec: ServiceSpec) -> list[str]:
        return [f"security_opt[{i}]" for i, item in enumerate(spec.security_opt) if re.match(f"{key}[=:]", item)]

    return Member(found)


def _health(path: str, test: Callable[[Any], bool], change: Callable[[Any], Any]) -> Member:
    return Member(
        lambda spec: [path] if spec.healthcheck and test(spec.healthcheck) else [],
        lambda spec: spec.model_copy(update={"healthcheck": change(spec.healthcheck)}),
    )


def _endpoint(name: str, empty: Any) -> Member:
    return _each(
        "networks",
        lambda item: getattr(item, name, empty) != empty,
        f"networks.{{name}}.{name}",
        lambda item: replace(item, **{name: empty}),
    )


def _volume(name: str, path: str, empty: Any = "", kind: str = "volume", droppable: bool = False) -> Member:
    return _each(
        "volumes",
        lambda item: item.type == kind and getattr(item, name, empty) != empty,
        f"volumes[{{index}}].{path}",
        (lambda item: replace(item, **{name: empty})) if droppable else None,
    )


def _mount_type(kind: str) -> Member:
    return _each("volumes", lambda item: item.type == kind, "volumes[{index}].type")


_KEPT = ("keep-id", "nomap")
"""Mappings that say which number the user of a rootless engine has inside; the others set containers apart."""


def _user_namespace(spec: ServiceSpec) -> str:
    return (spec.userns_mode or "").partition(":")[0]


def _later_mac(spec: ServiceSpec) -> list[str]:
    return [f"networks.{_key(item)}.mac_address" for item in spec.networks[1:] if item.mac_address]


def _without_later_mac(spec: ServiceSpec) -> ServiceSpec:
    later = [replace(item, mac_address="") for item in spec.networks[1:]]
    return spec.model_copy(update={"networks": [*spec.networks[:1], *later]})


def _log_driver(known: Knows) -> Member:
    return Member(
        lambda spec: ["logging.driver"] if spec.logging and spec.logging.driver not in ("", *known) else [],
        lambda spec: spec.model_copy(update={"logging": None}),
    )


def _log_options(known: Knows) -> Member:
    """known: by option, the drivers that take it; none: all do."""

    def takes(driver: str, name: str) -> bool:
        return name in known and (not known[name] or driver in known[name])

    def unknown(spec: ServiceSpec) -> list[str]:
        log = spec.logging
        return [name for name in log.options if not takes(log.driver, name)] if log else []

    def without(spec: ServiceSpec) -> ServiceSpec:
        assert spec.logging is not None
        driver = spec.logging.driver
        kept = {name: value for name, value in spec.logging.options.items() if takes(driver, name)}
        return spec.model_copy(update={"logging": replace(spec.logging, options=kept)})

    return Member(lambda spec: [f"logging.options.{name}" for name in unknown(spec)], without)


def _tmpfs(*kinds: Kind, droppable: bool = False) -> Member:
    """Options of a tmpfs that are of one of ``kinds``."""

    def found(spec: ServiceSpec) -> list[str]:
        places = enumerate(spec.tmpfs.values())
        rows = ((index, about, word) for index, text in places for about, word in tmpfs.parsed(text).items())
        return [f"tmpfs[{index}].{about}" for index, about, word in rows if tmpfs.kind(about, word) in kinds]

    def without(spec: ServiceSpec) -> ServiceSpec:
        kept = {path: tmpfs.without(options, *kinds) for path, options in spec.tmpfs.items()}
        return spec.model_copy(update={"tmpfs": kept})

    return Member(found, without if droppable else None)


def _tmpfs_owner(whose: tmpfs.Owner, path: str) -> Found:
    """The tmpfs whose ``uid`` and ``gid`` are somebody's."""
    return lambda spec: [
        path.format(index=index) for index, options in enumerate(spec.tmpfs.values()) if tmpfs.owner(options, spec.user) is whose
    ]


def _blkio_weight(spec: ServiceSpec) -> list[str]:
    return ["blkio_config.weight"] if spec.blkio_config and spec.blkio_config.weight else []


def _external_links(spec: ServiceSpec) -> list[str]:
    return ["external_links"] if any(getattr(item, "external_links", ()) for item in spec.networks) else []


def _without_external_links(spec: ServiceSpec) -> ServiceSpec:
    bare = [
        replace(item, external_links=()) if getattr(item, "external_links", ()) else item  # type: ignore[call-arg]
        for item in spec.networks
    ]
    return spec.model_copy(update={"networks": bare})


def _labels(spec: ServiceSpec) -> list[str]:
    return ["labels"] if not all(is_plain_label(name) for name in spec.labels) else []


def _without_odd_labels(spec: ServiceSpec) -> ServiceSpec:
    kept = {name: text for name, text in spec.labels.items() if is_plain_label(name)}
    return spec.model_copy(update={"labels": kept})


def _links(spec: ServiceSpec) -> list[str]:
    return ["links"] if any(getattr(item, "links", ()) for item in spec.networks) else []


_MEMBERS: Members[ServiceSpec] = {
    "domainname": _one("domainname"),
    "sysctls.domainname": Member(
        lambda spec: [f"sysctls.{_DOMAIN}"] if _DOMAIN in spec.sysctls else [],
        lambda spec: spec.model_copy(update={"sysctls": {k: v for k, v in spec.sysctls.items() if k != _DOMAIN}}),
    ),
    "labels.names": Member(_labels, _without_odd_labels),
    "stop_signal.number": Member(
        lambda spec: ["stop_signal"] if _is_no_signal(spec.stop_signal or "") else [],
        lambda spec: spec.model_copy(update={"stop_signal": None}),
    ),
    "dns.names": _each("dns", lambda it: not is_ip(it), "dns[{index}]", lambda it: None),
    "dns.words": _each("dns", lambda it: not is_zoned_ip(it), "dns[{index}]", lambda it: None),
    "networks.aliases": _each(
        "networks",
        lambda it: not all(is_alias(name) for name in it.aliases),
        "networks.{name}.aliases",
        lambda it: replace(it, aliases=tuple(name for name in it.aliases if is_alias(name))),
    ),
    "dns": Member(lambda spec: ["dns"] if spec.dns and spec.networks else [], lambda spec: spec),
    "extra_hosts.host-gateway": Member(
        lambda spec: ["extra_hosts"] if any(item.endswith(":host-gateway") for item in spec.extra_hosts) else [],
        lambda spec: spec,
    ),
    "cgroup": Member(lambda spec: ["cgroup"] if spec.cgroup else [], lambda spec: spec.model_copy(update={"cgroup": None})),
    "cpu_count": _one("cpu_count"),
    "cpu_percent": _one("cpu_percent"),
    "memswap_limit.unlimited": Member(
        lambda spec: ["memswap_limit"] if spec.memswap_limit == -1 else [],
        lambda spec: spec.model_copy(update={"memswap_limit": None}),
    ),
    "blkio_config.weight": Member(_blkio_weight, lambda spec: spec),
    "storage_opt": Member(lambda spec: ["storage_opt"] if spec.storage_opt else [], lambda spec: spec),
    "annotations": _one("annotations", {}),
    "mac_address": _one("mac_address"),
    "credential_spec": _one("credential_spec"),
    "gpus": _one("gpus", []),
    "cdi_devices": _one("cdi_devices", [], "devices"),
    "init.shared_pid": Member(
        lambda spec: ["init"] if spec.init and spec.pid else [], lambda spec: spec.model_copy(update={"init": None})
    ),
    "userns_mode.kept": Member(
        lambda spec: ["userns_mode"] if _user_namespace(spec) in _KEPT else [],
        lambda spec: spec.model_copy(update={"userns_mode": None}),
    ),
    "userns_mode.own": Member(lambda spec: ["userns_mode"] if _user_namespace(spec) not in ("", "host", *_KEPT) else []),
    "device_cgroup_rules": _one("device_cgroup_rules", []),
    "runtime": _refused(_one("runtime")),
    "isolation": Member(lambda spec: ["isolation"] if spec.isolation not in (None, "default") else []),
    "security_opt.mask": _security("mask"),
    "security_opt.unmask": _security("unmask"),
    "security_opt.proc-opts": _security("proc-opts"),
    "logging.driver": Valued(_log_driver),
    "logging.options": Valued(_log_options),
    "tmpfs.options": _tmpfs(Kind.DOCKER, droppable=True),
    "tmpfs.podman": _tmpfs(Kind.PODMAN),
    "tmpfs.unknown": _tmpfs(Kind.UNKNOWN),
    "tmpfs.owner": Member(_tmpfs_owner(tmpfs.Owner.OTHER, "tmpfs[{index}].uid")),
    "tmpfs.group": Member(_tmpfs_owner(tmpfs.Owner.USER_BUT_GROUP, "tmpfs[{index}].gid"), lambda spec: spec),
    "links": Member(_links, lambda spec: spec),
    "links.default_network": _one("links", []),
    "links.external": Member(_external_links, _without_external_links),
    "healthcheck.start_interval": _health(
        "healthcheck.start_interval", lambda it: it.start_interval, lambda it: replace(it, start_interval=0)
    ),
    "healthcheck.inherited": _health("healthcheck.test", lambda it: not it.test, lambda it: None),
    "expose.sctp": _each("expose", lambda it: it.endswith("/sctp"), "expose[{index}]", lambda it: None),
    "ports.ipv6": _each("ports", lambda it: ":" in it.host_ip, "ports[{index}].host_ip", lambda it: it),
    "ports.range": _each("ports", lambda it: "-" in it.published, "ports[{index}].published"),
    "networks.link_local_ips": _endpoint("link_local_ips", ()),
    "networks.driver_opts": _endpoint("driver_opts", {}),
    "networks.interface_name": _endpoint("interface_name", ""),
    "networks.gw_priority": _endpoint("gw_priority", None),
    "networks.mac_address": Member(_later_mac, _without_later_mac),
    "volumes.image": _mount_type("image"),
    "volumes.npipe": _mount_type("npipe"),
    "volumes.cluster": _mount_type("cluster"),
    "volumes.image.subpath": _volume("subpath", "image.subpath", kind="image"),
    "volumes.subpath": _volume("subpath", "volume.subpath"),
    "volumes.labels": _volume("labels", "volume.labels", {}, droppable=True),
    "volumes.anonymous_nocopy": _each(
        "volumes",
        lambda it: it.type == "volume" and it.nocopy and not it.source,
        "volumes[{index}].volume.nocopy",
        lambda it: replace(it, nocopy=False),
    ),
    "volumes.anonymous_selinux": _each(
        "volumes",
        lambda it: it.type == "volume" and it.selinux == "Z" and not it.source,
        "volumes[{index}].bind.selinux",
        lambda it: replace(it, selinux=""),
    ),
    "volumes.selinux_beside": _each(
        "volumes",
        lambda it: it.type == "volume" and it.selinux == "Z" and bool(it.source and (it.labels or it.subpath)),
        "volumes[{index}].bind.selinux",
        lambda it: replace(it, selinux=""),
    ),
    "volumes.recursive.readonly": _each(
        "volumes",
        lambda it: getattr(it, "recursive", "") == "readonly",
        "volumes[{index}].bind.recursive",
    ),
    "volumes.recursive.selinux": _each(
        "volumes",
        lambda it: bool(it.selinux) and getattr(it, "recursive", "") not in ("", "enabled"),
        "volumes[{index}].bind.selinux",
    ),
    "volumes.create_host_path": _each(
        "volumes",
        lambda it: it.type == "bind" and not it.create_host_path,
        "volumes[{index}].bind.create_host_path",
    ),
}

_LIMITS = {
    "memory": "mem_limit", "cpus": "cpus", "pids_limit": "pids_limit",
    **{name: name for name in (
        "cpu_shares", "cpu_quota", "cpu_period", "cpu_rt_period", "cpu_rt_runtime", "cpuset", "mem_reservation", "mem_swappiness",
        "memswap_limit", "oom_kill_disable", "blkio_config",
    )},
}  # fmt: skip
"""What a control group holds a service to; by the member of the spec, as the file calls it."""
_NAMES: Members[ServiceSpec] = {
    "hostname.parts": Member(
        lambda spec: ["hostname"] if spec.hostname and not is_alias(spec.hostname) else [],
        lambda spec: spec.model_copy(update={"hostname": None}),
    ),
}
_ROOTLESS: Members[ServiceSpec] = {
    "rootless.limits": Member(
        lambda spec: [path for name, path in _LIMITS.items() if getattr(spec, name) not in (None, False)],
        lambda spec: spec.model_copy(update={name: False if name == "oom_kill_disable" else None for name in _LIMITS}),
    ),
    "rootless.oom_score_adj": Member(
        lambda spec: ["oom_score_adj"] if (spec.oom_score_adj or 0) < 0 else [],
        lambda spec: spec.model_copy(update={"oom_score_adj": None}),
    ),
    "rootless.cgroup_parent": _one("cgroup_parent"),
    "rootless.ulimits": Member(
        lambda spec: ["ulimits"] if spec.ulimits else [], lambda spec: spec.model_copy(update={"ulimits": type(spec.ulimits)()})
    ),
}

SERVICE: Members[ServiceSpec] = {
    **below(PREFIX, {**_MEMBERS, **_NAMES, **_ROOTLESS}), **MACHINE_SERVICE, **PROGRAM_SERVICE, **CLUSTER_SERVICE,
}  # fmt: skip
