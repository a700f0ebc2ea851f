"""What a document uses, by the names of capabilities: for the choice of an engine, before anything is translated for one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from perry_ffi.errors import ValidationError


def used_members(spec: Mapping[str, Any]) -> frozenset[str]:
    """Dotted names of what ``spec`` (a ContainerSpec or a ComposeSpec as decoded JSON) uses."""
    if not isinstance(spec, Mapping):
        raise ValidationError("spec: expected an object", path="spec", expected="an object")
    services = spec.get("services")
    if services is None:
        return frozenset(_of_container(spec))
    used: set[str] = set()
    for service in _objects(services, "spec.services"):
        used.update(_of_container(_renamed(service)))
        used.update(f"ServiceSpec.{member}" for member, value in service.items() if _is_used(value))
        if isinstance(service.get("build"), Mapping):
            used.update(f"BuildSpec.{member}" for member, value in service["build"].items() if value)
    for network in _objects(spec.get("networks"), "spec.networks"):
        used.update(_of_network(network))
    return frozenset(used)


_COMPOSE_NAMES: Mapping[str, str] = {
    "environment": "env",
    "command": "cmd",
    "working_dir": "workdir",
    "container_name": "name",
    "network_mode": "network",
    "mem_limit": "memory",
    "stop_grace_period": "stop_timeout",
}
_NESTED: Mapping[str, tuple[str, ...]] = {
    "healthcheck": ("start_interval",),
    "volumes": ("labels", "subpath"),
    "networks": ("link_local_ips", "driver_opts", "mac_address"),
}


def _renamed(service: Mapping[str, Any]) -> dict[str, Any]:
    return {_COMPOSE_NAMES.get(key, key): value for key, value in service.items()}


def _objects(value: Any, where: str) -> list[Mapping[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, Mapping):
        raise ValidationError(f"{where}: expected an object", path=where, expected="an object")
    return [item for item in value.values() if isinstance(item, Mapping)]


def _of_container(spec: Mapping[str, Any]) -> set[str]:
    used = {f"ContainerSpec.{member}" for member, value in spec.items() if _is_used(value)}
    if spec.get("isolation_level") == "microvm":
        used.add("ContainerSpec.isolation_level.microvm")
    for member, nested in _NESTED.items():
        for key, value in _all_pairs(spec.get(member)):
            if key in nested and _is_used(value):
                used.add(f"ContainerSpec.{member}.{key}")
            if key == "create_host_path" and value is False:
                used.add("ContainerSpec.volumes.create_host_path")
    for entry in _items(spec.get("security_opt")):
        used.add("ContainerSpec.security_opt." + re.split("[=:]", str(entry))[0])
    if any(_is_port_choice(port) for port in _items(spec.get("ports"))):
        used.add("ContainerSpec.ports.range")
    return used


def _of_network(spec: Mapping[str, Any]) -> set[str]:
    used = {f"NetworkSpec.{member}" for member, value in spec.items() if value}
    if spec.get("enable_ipv4") is False:
        used.add("NetworkSpec.enable_ipv4")
    if spec.get("enable_ipv4") is True:
        used.discard("NetworkSpec.enable_ipv4")
    for key, value in _all_pairs(spec.get("ipam")):
        if key in ("driver", "options", "aux_addresses") and value not in (None, "", "default", {}):
            used.add(f"NetworkSpec.ipam.{key}")
    return used


def _is_used(value: Any) -> bool:
    return value is not None and value is not False and value not in ("", [], {})


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _all_pairs(value: Any) -> Iterable[tuple[str, Any]]:
    """Every member at any depth, without recursion."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Mapping):
            yield from item.items()
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def _is_port_choice(port: Any) -> bool:
    """Whether the engine is to choose the host's port from a range for one port of the container."""
    from perry_ffi.model.ports import port as parse

    try:
        return any("-" in entry.published for entry in parse(port))
    except ValidationError:
        return False
