"""Limits, devices and privileges. ``deploy`` is laid over the service's own members, as Compose does."""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable, Mapping
from typing import Any

from perry_ffi.model import container_values as own
from perry_ffi.model import resource_values, values
from perry_ffi.model import service_values as service_readers
from perry_ffi.stack.translate.document import Readers, entries, mapping, read, ulimits

_RESOURCES: Readers = {
    "cpus": ("cpus", lambda value: _cpus(value)),
    "cpu_count": ("cpu_count", values.integer(0)),
    "cpu_percent": ("cpu_percent", service_readers.percent),
    "cpu_shares": ("cpu_shares", values.integer(0)),
    "cpu_quota": ("cpu_quota", values.or_unlimited),
    "cpu_period": ("cpu_period", service_readers.microseconds),
    "cpu_rt_period": ("cpu_rt_period", service_readers.microseconds),
    "cpu_rt_runtime": ("cpu_rt_runtime", service_readers.microseconds),
    "cpuset": ("cpuset", service_readers.cpu_set),
    "mem_limit": ("memory", values.size),
    "mem_reservation": ("mem_reservation", lambda value: _reservation(value)),
    "mem_swappiness": ("mem_swappiness", values.integer(-1, 100)),
    "memswap_limit": ("memswap_limit", service_readers.memory_or_unlimited),
    "oom_kill_disable": ("oom_kill_disable", values.boolean),
    "oom_score_adj": ("oom_score_adj", values.integer(-1000, 1000)),
    "pids_limit": ("pids_limit", values.or_unlimited),
    "shm_size": ("shm_size", values.size),
    "ulimits": ("ulimits", ulimits),
    "sysctls": ("sysctls", values.text_map),
    "blkio_config": ("blkio_config", service_readers.blkio),
    "cgroup_parent": ("cgroup_parent", values.word),
    "device_cgroup_rules": ("device_cgroup_rules", values.list_of(service_readers.cgroup_rule)),
}
_PRIVILEGES: Readers = {
    "privileged": ("privileged", values.boolean),
    "read_only": ("read_only", values.boolean),
    "cap_add": ("cap_add", values.names),
    "cap_drop": ("cap_drop", values.names),
    "security_opt": ("security_opt", values.names),
    "userns_mode": ("userns_mode", lambda value: value if service_readers.is_user_namespace(value) else None),
    "uts": ("uts", lambda value: value if service_readers.is_shared(value) else None),
    "cgroup": ("cgroup", service_readers.namespace("host", "private", container=False)),
    "isolation": ("isolation", values.word),
    "runtime": ("runtime", values.word),
    "credential_spec": ("credential_spec", lambda value: _credential_spec(value)),
}
_LIMITS: Readers = {
    "cpus": ("cpus", lambda value: _cpus(value)),
    "memory": ("memory", values.size),
    "pids": ("pids_limit", values.or_unlimited),
}
_RESERVATIONS: Readers = {"memory": ("mem_reservation", lambda value: _reservation(value))}
_UNSET_IF_ZERO = ("cpus", "memory", "mem_reservation", "pids_limit", "memswap_limit", "shm_size")


def resources(service: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Limits and devices; a limit of 0 is none, as in Compose."""
    found = read(service, where, _RESOURCES)
    at = f"{where}.deploy.resources"
    deployed = mapping(mapping(service.get("deploy"), f"{where}.deploy").get("resources"), at)
    limits = read(mapping(deployed.get("limits"), f"{at}.limits"), f"{at}.limits", _LIMITS)
    reserved = mapping(deployed.get("reservations"), f"{at}.reservations")
    reservations = read(reserved, f"{at}.reservations", _RESERVATIONS)
    found |= {name: value for name, value in (limits | reservations).items() if value}
    found = {name: value for name, value in found.items() if value or name not in _UNSET_IF_ZERO}
    gpus = values.within(f"{where}.gpus", own.gpus, service["gpus"]) if service.get("gpus") else []
    claimed = entries(reserved.get("devices"), f"{at}.reservations.devices")
    asked = [values.within(f"{at}.reservations.devices[{i}]", _device_request, item) for i, item in enumerate(claimed)]
    if asked or gpus:
        found["gpus"] = [*asked, *gpus]
    return found | _devices(service, where)


def privileges(service: Mapping[str, Any], where: str, working_dir: str | None = None) -> dict[str, Any]:
    """What the container may do, and what it shares with its host; a seccomp profile's path is made absolute."""
    found = read(service, where, _PRIVILEGES)
    if working_dir and "security_opt" in found:
        found["security_opt"] = [_absolute_profile(option, working_dir) for option in found["security_opt"]]
    return found


def _absolute_profile(option: str, working_dir: str) -> str:
    match = re.match(r"seccomp[=:](.+)\Z", option, re.DOTALL)
    if not match or match[1] in ("unconfined", "default", "builtin") or match[1].startswith("/"):
        return option
    return f"seccomp={os.path.normpath(os.path.join(working_dir, match[1]))}"


def _devices(service: Mapping[str, Any], where: str) -> dict[str, Any]:
    found: dict[str, Any] = {"devices": [], "cdi_devices": []}
    for index, item in enumerate(entries(service.get("devices"), f"{where}.devices")):
        source = item.get("source") if isinstance(item, Mapping) else item
        target = item.get("target", source) if isinstance(item, Mapping) else item
        if source == target and service_readers.is_cdi(source):
            found["cdi_devices"].append(source)
        else:
            found["devices"].append(values.within(f"{where}.devices[{index}]", resource_values.device, item))
    return {name: value for name, value in found.items() if value}


_REQUEST: dict[str, Callable[[Any], Any]] = {
    "capabilities": lambda value: tuple(values.names(value)),
    "driver": values.clean,
    "count": lambda value: -1 if value == "all" else values.integer(-1)(value),
    "device_ids": lambda value: tuple(values.names(value)),
    "options": values.text_map,
}


def _cpus(value: Any) -> float:
    """A share of processors; 0 is no limit."""
    return 0.0 if value in (0, "0") and value is not False else values.cpus(value)


def _reservation(value: Any) -> int:
    """Bytes; a negative number reserves nothing."""
    return max(0, service_readers.memory_or_unlimited(value))


def _device_request(value: Any) -> own.GpuRequest:
    found = values.members(value, _REQUEST)
    if found.get("count") and found.get("device_ids"):
        values.bad("count or device_ids, not both")
    if not found.get("device_ids") and not found.get("count"):
        found["count"] = -1
    return own.GpuRequest(**{"capabilities": (), **found})


def _credential_spec(value: Any) -> str | None:
    found = values.members(value, {"file": values.word, "registry": values.word, "config": values.word})
    if len(found) > 1:
        values.bad("one of file, registry and config")
    return "".join(f"{kind}://{text}" for kind, text in found.items()) or None
