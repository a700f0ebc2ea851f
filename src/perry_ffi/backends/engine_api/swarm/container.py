"""From the container that each task of a service is to Swarm's ``ContainerSpec``.

Every member lands in it, is said beside it (ports, networks, restart policy, place: ``ServiceDefinition`` has them), or is refused by
name. Tried on dockerd 20.10 (API 1.41), each member read back, for it drops in silence what its API does not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.flavour import ApiVersion, refuse_member
from perry_ffi.backends.engine_api.requests.health import health_part
from perry_ffi.backends.engine_api.swarm.escape import escaped, variables
from perry_ffi.backends.engine_api.swarm.mounts import mounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from perry_ffi.model.service import ServiceSpec

SECOND = 10**9
"""Nanoseconds."""
ENDLESS = 2**63 // SECOND - 1
"""Seconds of the longest grace that can be said."""
PRIVILEGES_API: ApiVersion = (1, 44)
"""From here on a service knows NoNewPrivileges, seccomp and AppArmor; before, it drops them in silence (read back on 1.41)."""
START_INTERVAL_API: ApiVersion = (1, 44)
OOM_SCORE_API: ApiVersion = (1, 46)

LANDS = frozenset({
    "image", "env", "env_unset", "cmd", "entrypoint", "labels", "read_only", "user", "workdir", "cap_add", "cap_drop",
    "no_new_privileges", "hostname", "healthcheck", "memory", "cpus", "pids_limit", "mem_reservation", "tmpfs", "volumes",
    "extra_hosts", "dns", "dns_opt", "dns_search", "init", "stop_signal", "stop_timeout", "ulimits", "sysctls", "shm_size", "group_add",
    "tty", "stdin_open", "credential_spec", "isolation", "oom_score_adj", "logging",
})  # fmt: skip
"""The members that are in a service's definition, here or in ``resources``, ``mounts`` and ``payload``."""
BESIDE = frozenset({
    "name", "ports", "networks", "network", "aliases", "restart", "platform", "pull_policy", "isolation_level", "port_index",
    "expose", "links",
})  # fmt: skip
"""The members in whose place a definition has one of its own, or that say something of the way to it."""


def container_part(spec: ServiceSpec, api: ApiVersion) -> dict[str, Any]:
    """The ``ContainerSpec`` of ``spec``, but for configs and secrets. Raises Unsupported for a member that no task can have."""
    for member in _said(spec):
        if member not in LANDS and member not in BESIDE:
            refuse_member(f"ServiceSpec.{member}", "docker", "its services know nothing of the kind")
    if spec.isolation_level == "microvm":
        refuse_member("ServiceSpec.isolation_level", "docker", "its services are containers")
    members: dict[str, Any] = {
        "Image": spec.image,
        # An empty list would be the image's own.
        "Command": [""] if spec.entrypoint == [] else spec.entrypoint,
        "Args": spec.cmd,
        "Env": variables(spec.env, spec.env_unset),
        "Labels": spec.labels,
        "Hostname": escaped(spec.hostname) if spec.hostname else None,
        "Dir": spec.workdir,
        "User": spec.user,
        "Groups": spec.group_add,
        "Privileges": _privileges(spec, api),
        "StopSignal": spec.stop_signal,
        "TTY": spec.tty,
        "OpenStdin": spec.stdin_open,
        "ReadOnly": spec.read_only,
        "Mounts": mounts(spec, api),
        "Healthcheck": _health(spec, api),
        "Hosts": [_host(entry) for entry in spec.extra_hosts],
        "DNSConfig": _present({"Nameservers": spec.dns, "Search": spec.dns_search, "Options": spec.dns_opt}),
        "Isolation": spec.isolation,
        "Sysctls": spec.sysctls,
        "CapabilityAdd": spec.cap_add,
        "CapabilityDrop": spec.cap_drop,
        "Ulimits": [{"Name": item.name, "Soft": item.soft, "Hard": item.hard} for item in spec.ulimits],
        "OomScoreAdj": _oom_score(spec, api),
    }
    # These are said where they are no and none, too.
    said = {"Init": spec.init, "StopGracePeriod": _grace(spec.stop_timeout)}
    return _present(members) | {name: value for name, value in said.items() if value is not None}


def resources(spec: ServiceSpec) -> dict[str, Any]:
    """The ``Limits`` of each task."""
    members: dict[str, Any] = {
        "NanoCPUs": round(spec.cpus * 10**9) if spec.cpus else None,
        "MemoryBytes": spec.memory,
        "Pids": spec.pids_limit if spec.pids_limit is not None and spec.pids_limit > 0 else None,
    }
    return _present(members)


def log_driver(spec: ServiceSpec) -> dict[str, Any]:
    """The ``LogDriver``; empty for the engine's own with its own options."""
    if spec.logging is None:
        return {}
    return _present({"Name": spec.logging.driver, "Options": dict(spec.logging.options)})


def _said(spec: ServiceSpec) -> Iterator[str]:
    for name, field in type(spec).model_fields.items():
        value = getattr(spec, name)
        if value not in (None, False, [], {}) and value != field.default:
            yield name


def _privileges(spec: ServiceSpec, api: ApiVersion) -> dict[str, Any]:
    members: dict[str, Any] = {}
    if spec.no_new_privileges:
        if api < PRIVILEGES_API:
            refuse_member("ServiceSpec.no_new_privileges", "docker", "its services know it from API 1.44 on")
        members["NoNewPrivileges"] = True
    if spec.credential_spec:
        kind, _, value = spec.credential_spec.partition("://")
        names = {"file": "File", "registry": "Registry", "config": "Config"}
        if kind not in names:
            refuse_member("ServiceSpec.credential_spec", "docker", "it is file://, registry:// or config://")
        members["CredentialSpec"] = {names[kind]: value}
    return members


def _health(spec: ServiceSpec, api: ApiVersion) -> dict[str, Any]:
    if spec.healthcheck is None:
        return {}
    if spec.healthcheck.start_interval and api < START_INTERVAL_API:
        refuse_member("ServiceSpec.healthcheck.start_interval", "docker", "its API knows it from 1.44 on")
    return health_part(spec.healthcheck, "docker")


def _oom_score(spec: ServiceSpec, api: ApiVersion) -> int | None:
    if spec.oom_score_adj and api < OOM_SCORE_API:
        refuse_member("ServiceSpec.oom_score_adj", "docker", "its services know it from API 1.46 on")
    return spec.oom_score_adj


def _grace(seconds: int | None) -> int | None:
    if seconds is None:
        return None
    return (ENDLESS if seconds < 0 else min(seconds, ENDLESS)) * SECOND


def _host(entry: str) -> str:
    """``name:address`` as a line of a hosts file has it."""
    name, _, address = entry.partition(":")
    return f"{address.removeprefix('[').removesuffix(']')} {name}"


def _present(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value}
