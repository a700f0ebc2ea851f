"""From an engine's description of a container to ``ContainerInfo``, for docker and podman alike.

Podman's list says nothing of health; networks that are none (``none``, ``host``) are left out, as podman does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from perry_ffi.backends.engine_api.responses.fields import (
    instant,
    is_generated,
    listing,
    mapping,
    moment,
    reads,
    short_name,
    texts,
)
from perry_ffi.backends.engine_api.responses.ports import (
    inspected_ports,
    listed_ports,
    port_lines,
    published_ports,
    ranged_ports,
)
from perry_ffi.model.answer import whole_text
from perry_ffi.model.container_facts import ContainerSettings, HealthCheckInfo, Probe, RestartPolicy
from perry_ffi.model.container_info import ContainerInfo, Endpoint, Health, Mounted, Status

_STATUS: Mapping[str, Status] = {
    "created": "created", "configured": "created", "initialized": "created",
    "running": "running", "stopping": "running",
    "paused": "paused",
    "restarting": "restarting",
    "exited": "exited", "stopped": "exited",
    "dead": "dead", "removing": "dead", "unknown": "dead", "bad": "dead",
}  # fmt: skip
_HEALTH: Mapping[Any, Health] = {"starting": "starting", "healthy": "healthy", "unhealthy": "unhealthy"}
_ENDED = ("exited", "dead", "restarting")
_LIST_CODE = re.compile(r"(?:Exited|Restarting|Dead) \((-?\d+)\)")
_LIST_HEALTH = re.compile(r"\((?:health: )?(starting|healthy|unhealthy)\)")
_NAMESPACES = (("network", "NetworkMode"), ("ipc", "IpcMode"), ("pid", "PidMode"))
_OF_CONTAINER = "container:"
_FOLDER = re.compile(r"/volumes/([0-9a-f]{64})/_data\Z")


@reads("a list of containers")
def parse_containers(document: Any) -> list[ContainerInfo]:
    """The answer of ``GET /containers/json``, less what has no name: docker lists what it is done with removing, or never
    will be, and knows it no more.
    """
    return [_item(item) for item in listing(document) if item.get("Names")]


@reads("a container")
def parse_container(document: Any) -> ContainerInfo:
    """The answer of ``GET /containers/{id}/json``; kept whole in ``raw``."""
    state, config = mapping(document["State"]), mapping(document["Config"])
    network, host = mapping(document.get("NetworkSettings")), mapping(document.get("HostConfig"))
    status = _STATUS[state["Status"]]
    ident = document["Id"]
    ports = inspected_ports(mapping(network.get("Ports")))
    return ContainerInfo(
        id=ident,
        name=document["Name"].removeprefix("/"),
        image=short_name(config.get("Image") or document["Image"]),
        status=status,
        ports=port_lines(ports),
        created=moment(document["Created"]),
        labels=texts(config.get("Labels")),
        health=parse_health(state.get("Health")),
        exit_code=state["ExitCode"] if status in _ENDED else None,
        networks=_networks(mapping(network.get("Networks")), ident),
        image_id=document["Image"],
        started_at=moment(state.get("StartedAt")) or None,
        finished_at=moment(state.get("FinishedAt")) or None,
        restart_count=document.get("RestartCount", 0),
        oom_killed=bool(state.get("OOMKilled", False)),
        error=state.get("Error") or None,
        raw=dict(document),
        stopping=state["Status"] == "stopping",
        mounts=_mounts(listing(document.get("Mounts"))),
        published=published_ports(ports),
        restart=_restart_policy(mapping(host.get("RestartPolicy"))),
        health_check=_health_check(mapping(config.get("Healthcheck"))),
        probes=_probes(mapping(state.get("Health"))),
        failing=max(0, int(mapping(state.get("Health")).get("FailingStreak") or 0)),
        command=_command(document.get("Path"), *listing(document.get("Args"))),
        network_mode=str(host.get("NetworkMode") or ""),
        joined=_joined(host),
        settings=_settings(config, host),
    )


def _settings(config: Mapping[str, Any], host: Mapping[str, Any]) -> ContainerSettings:
    variables = (str(row).partition("=") for row in listing(config.get("Env")))
    return ContainerSettings(
        command=_words(config.get("Cmd")),
        entrypoint=_words(config.get("Entrypoint")),
        environment={name: value for name, _, value in variables},
        user=str(config.get("User") or ""),
        working_dir=str(config.get("WorkingDir") or ""),
        hostname=str(config.get("Hostname") or ""),
        domainname=str(config.get("Domainname") or ""),
        stop_signal=str(config.get("StopSignal") or ""),
        tty=bool(config.get("Tty")),
        stdin_open=bool(config.get("OpenStdin")),
        privileged=bool(host.get("Privileged")),
        read_only=bool(host.get("ReadonlyRootfs")),
        cap_add=_words(host.get("CapAdd")),
        cap_drop=_words(host.get("CapDrop")),
        extra_hosts=_words(host.get("ExtraHosts")),
        dns=_words(host.get("Dns")),
        dns_search=_words(host.get("DnsSearch")),
        group_add=_words(host.get("GroupAdd")),
        security_opt=_words(host.get("SecurityOpt")),
        sysctls={str(name): str(value) for name, value in mapping(host.get("Sysctls")).items()},
        ulimits=dict(_ulimit(mapping(row)) for row in listing(host.get("Ulimits"))),
        init=host.get("Init") if isinstance(host.get("Init"), bool) else None,
        memory=_count(host, "Memory"),
        memory_swap=_count(host, "MemorySwap"),
        memory_reservation=_count(host, "MemoryReservation"),
        shm_size=_count(host, "ShmSize"),
        cpus=_cpus(host),
        cpu_shares=_count(host, "CpuShares"),
        cpuset=str(host.get("CpusetCpus") or ""),
        pids_limit=max(0, _count(host, "PidsLimit")),
        oom_score_adj=_count(host, "OomScoreAdj"),
        log_driver=str(mapping(host.get("LogConfig")).get("Type") or ""),
        log_options={str(name): str(value) for name, value in mapping(mapping(host.get("LogConfig")).get("Config")).items()},
        stop_seconds=None if config.get("StopTimeout") is None else _count(config, "StopTimeout"),
    )


def _count(row: Mapping[str, Any], name: str) -> int:
    return int(row.get(name) or 0)


def _cpus(host: Mapping[str, Any]) -> float:
    """Podman tells a quota beside it."""
    if nano := _count(host, "NanoCpus"):
        return nano / 1e9
    quota, period = _count(host, "CpuQuota"), _count(host, "CpuPeriod")
    return quota / period if quota > 0 and period > 0 else 0.0


def _ulimit(row: Mapping[str, Any]) -> tuple[str, str]:
    """Podman writes its name as the kernel does."""
    soft, hard = _count(row, "Soft"), _count(row, "Hard")
    return str(row.get("Name") or "").removeprefix("RLIMIT_").lower(), str(soft) if soft == hard else f"{soft}:{hard}"


def _words(value: Any) -> list[str]:
    """A list, or podman's way to write one of a single word."""
    return [value] if isinstance(value, str) and value else [str(row) for row in listing(value)] if value else []


def _restart_policy(policy: Mapping[str, Any]) -> RestartPolicy:
    return RestartPolicy(str(policy.get("Name") or "no"), int(policy.get("MaximumRetryCount") or 0))


def _health_check(check: Mapping[str, Any]) -> HealthCheckInfo | None:
    test = listing(check.get("Test"))
    if not test or test[0] == "NONE":
        return None
    interval, timeout, start_period = (float(check.get(name) or 0) / 1e9 for name in ("Interval", "Timeout", "StartPeriod"))
    retries = max(0, int(check.get("Retries") or 0))
    return HealthCheckInfo(test=test, interval=interval, timeout=timeout, start_period=start_period, retries=retries)


def _probes(health: Mapping[str, Any]) -> list[Probe]:
    return [Probe(instant(row.get("End")), row.get("ExitCode") == 0) for row in map(mapping, listing(health.get("Log")))]


def _joined(host: Mapping[str, Any]) -> dict[str, str]:
    modes = ((kind, str(host.get(member) or "")) for kind, member in _NAMESPACES)
    return {kind: mode.removeprefix(_OF_CONTAINER) for kind, mode in modes if mode.startswith(_OF_CONTAINER)}


@reads("a health check")
def parse_health(document: Any) -> Health | None:
    """The status in ``State.Health`` (or in podman's answer to a forced run); ``None`` where there is no check."""
    status = mapping(document).get("Status")
    return _HEALTH.get(status) if isinstance(status, str) else None


def _item(item: Mapping[str, Any]) -> ContainerInfo:
    status, words = _STATUS[item["State"]], item.get("Status") or ""
    code, health = _LIST_CODE.match(words), _LIST_HEALTH.search(words)
    ident = item["Id"]
    ports = listed_ports(listing(item.get("Ports")))
    return ContainerInfo(
        id=ident,
        name=_own_name(item["Names"]),
        image=short_name(item["Image"]),
        status=status,
        ports=port_lines(ports),
        created=moment(item["Created"]),
        labels=texts(item.get("Labels")),
        health=_HEALTH[health[1]] if health else None,
        exit_code=int(code[1]) if code and status in _ENDED else None,
        networks=_networks(mapping(mapping(item.get("NetworkSettings")).get("Networks")), ident),
        image_id=item.get("ImageID"),
        stopping=item["State"] == "stopping",
        words=whole_text(words),
        command=_command(item.get("Command")),
        network_mode=str(mapping(item.get("HostConfig")).get("NetworkMode") or ""),
        mounts=_mounts(listing(item.get("Mounts"))),
        published=published_ports(ports),
    )


def _command(*words: Any) -> str:
    """A line; podman has been seen to list none."""
    return whole_text(" ".join(word for word in words if isinstance(word, str)))


def _mounts(rows: list[Any]) -> list[Mounted]:
    """Docker 25.0.8, and 27.4 and later, keep no name of a volume that a bind names by its place alone: its folder has it."""
    found = []
    for row in rows:
        if not isinstance(row, Mapping):  # Podman's own list has places alone.
            continue
        kind, name = row.get("Type") or "", row.get("Name") or ""
        folder = _FOLDER.search(row.get("Source") or "") if kind == "volume" and not name else None
        found.append(
            Mounted(
                kind=kind,
                target=row["Destination"],
                name=folder[1] if folder else name,
                read_only=not row.get("RW", True),
                anonymous=folder is not None or (kind == "volume" and is_generated(name)),
                nameless=folder is not None,
                source=whole_text(row.get("Source") or ""),
                driver=row.get("Driver") or "",
            )
        )
    return found


def _own_name(names: list[str]) -> str:
    """The container's own name: links of other containers show up as ``/other/alias``."""
    own = [name for name in names if "/" not in name.removeprefix("/")]
    return (own or names)[0].removeprefix("/")


def _networks(networks: Mapping[str, Any], ident: str) -> dict[str, Endpoint]:
    return {name: _endpoint(mapping(item), ident) for name, item in networks.items() if name not in ("none", "host")}


def _endpoint(item: Mapping[str, Any], ident: str) -> Endpoint:
    """Without the short id that engines add to the aliases."""
    return Endpoint(
        ip_address=item.get("IPAddress") or "",
        ipv6_address=item.get("GlobalIPv6Address") or "",
        gateway=item.get("Gateway") or "",
        mac_address=item.get("MacAddress") or "",
        aliases=[alias for alias in listing(item.get("Aliases")) if alias != ident[:12]],
        network_id=item.get("NetworkID") or "",
    )


@reads("a list of published ports")
def with_published(found: list[ContainerInfo], document: Any) -> list[ContainerInfo]:
    """The containers with the published ports of podman's own list; what is only exposed stays as it was."""
    published = {item["Id"]: ranged_ports(listing(item.get("Ports"))) for item in map(mapping, listing(document))}
    for item in found:
        if ports := published.get(item.id):
            exposed = [line for line in item.ports if "->" not in line]
            item.ports, item.published = port_lines(ports, exposed), published_ports(ports)
    return found
