"""What of a container a runtime may lack that gives each one a machine of its own: of a spec by itself, and of a service's.

Of a service is left out what only makes it share a machine well with others. What says with whom it shares something, or keeps
somebody out, is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.rules.member import Member, Members, below

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.service import ServiceSpec

_COMPOSE = {
    "network": "network_mode", "memory": "mem_limit", "stop_timeout": "stop_grace_period", "no_new_privileges": "security_opt",
    "seccomp": "security_opt",
}  # fmt: skip
"""What a file calls a member."""
_OWN = ("private", "shareable", "none")
"""Namespaces that are no other container's and not the host's."""


def _said(name: str, used: Callable[[Any], Any]) -> Callable[[ContainerSpec], list[str]]:
    def found(spec: ContainerSpec) -> list[str]:
        in_project = hasattr(spec, "port_index")
        return [_COMPOSE.get(name, name) if in_project else name] if used(getattr(spec, name, None)) else []

    return found


def _shares(network: str | None) -> bool:
    return network == "host" or (network or "").startswith("container:")


def _at(path: str, member: str, used: Callable[[Any], Any]) -> Callable[[ContainerSpec], list[str]]:
    """Entries of a list by their number."""
    return lambda spec: [path.format(index) for index, item in enumerate(getattr(spec, member)) if used(item)]


def _addresses(spec: ContainerSpec) -> list[str]:
    rows = [item for item in spec.networks if item.ipv4_address or item.ipv6_address]
    return [f"networks.{getattr(item, 'key', '') or item.name}.ipv4_address" for item in rows]


def _without_addresses(spec: ServiceSpec) -> ServiceSpec:
    rows = [replace(item, ipv4_address="", ipv6_address="") for item in spec.networks]
    return spec.model_copy(update={"networks": rows})


_SHARED: dict[str, Member[Any]] = {
    "privileged": Member(_said("privileged", bool)),
    "devices": Member(_said("devices", bool)),
    "seccomp": Member(_said("seccomp", lambda value: value not in (None, "default"))),
    "no_new_privileges": Member(_said("no_new_privileges", bool)),
    "security_opt": Member(_said("security_opt", bool)),
    "network.shared": Member(_said("network", _shares)),
    "volumes.propagation": Member(_at("volumes[{}].bind.propagation", "volumes", lambda item: item.propagation)),
    "ports.sctp": Member(_at("ports[{}].protocol", "ports", lambda item: item.protocol == "sctp")),
    "ports.first": Member(_at("ports[{}]", "ports", lambda item: "1" in (item.published, str(item.target)))),
}
_NAMESPACES: dict[str, Member[Any]] = {
    f"{name}.shared": Member(_said(name, lambda value: value is not None and value not in _OWN))
    for name in ("pid", "ipc", "uts", "userns_mode")
}


def _less(**members: Any) -> Callable[[ServiceSpec], ServiceSpec]:
    return lambda spec: spec.model_copy(update=members)


def _same(spec: ServiceSpec) -> ServiceSpec:
    return spec


def _names(spec: ContainerSpec) -> list[str]:
    """Networks on which it has a name beside its own."""
    alone = ["aliases"] if any(name != spec.name for name in spec.aliases) else []
    rows = [item for item in spec.networks if any(name != spec.name for name in item.aliases)]
    return [*alone, *(f"networks.{getattr(item, 'key', '') or item.name}.aliases" for item in rows)]


def _without_names(spec: ServiceSpec) -> ServiceSpec:
    rows = [replace(item, aliases=()) for item in spec.networks]
    return spec.model_copy(update={"aliases": [], "networks": rows})


_LIMITS = (
    "pids_limit", "cpu_shares", "cpu_quota", "cpu_period", "cpu_rt_period", "cpu_rt_runtime", "cpuset", "mem_reservation",
    "mem_swappiness", "memswap_limit", "oom_score_adj", "blkio_config", "cgroup_parent", "logging", "hostname",
)  # fmt: skip
_LISTS = ("extra_hosts", "group_add", "sysctls")
_LEFT_OUT: dict[str, Member[ServiceSpec]] = {
    **{name: Member(_said(name, lambda value: value is not None), _less(**{name: None})) for name in _LIMITS},
    **{name: Member(_said(name, bool), _less(**{name: {} if name == "sysctls" else []})) for name in _LISTS},
    "oom_kill_disable": Member(_said("oom_kill_disable", bool), _less(oom_kill_disable=False)),
    "networks.addresses": Member(_addresses, _without_addresses),
    "networks.names": Member(_names, _without_names),
    "volumes_from.any": Member(_said("volumes_from", bool)),
    "restart.any": Member(_said("restart", lambda value: value is not None and value[0] != "no"), _same),
    "cpus.part": Member(_said("cpus", lambda value: value is not None and value % 1), _same),
    "memory.least": Member(_said("memory", lambda value: value is not None and value < 200 << 20), _same),
}
_ONLY_SERVICES = (*_LIMITS[1:-1], "group_add", "oom_kill_disable", "volumes_from.any")
_ALONE: dict[str, Member[Any]] = {name: Member(member.found) for name, member in _LEFT_OUT.items() if name not in _ONLY_SERVICES}
MACHINE_CONTAINER: Members[ContainerSpec] = below("ContainerSpec", {**_SHARED, **_ALONE})
"""Of a container that is asked for by itself."""
MACHINE_SERVICE: Members[ServiceSpec] = below("ServiceSpec", {**_SHARED, **_NAMESPACES, **_LEFT_OUT})
"""Of a service's container."""

__all__ = ["MACHINE_CONTAINER", "MACHINE_SERVICE"]
