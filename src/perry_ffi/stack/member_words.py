"""The members of a service in words: as the file has them, and as a container was made with them, as far as its engine tells that. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from perry_ffi.stack import identity
from perry_ffi.stack.shape import text

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerInfo
    from perry_ffi.model.container_facts import ContainerSettings

_BYTES = ("mem_limit", "memswap_limit", "mem_reservation", "shm_size")
_UNITS = ((1 << 30, "g"), (1 << 20, "m"), (1 << 10, "k"))
_KINDS = ("volume", "bind")
JOINED = "joined"
"""What is said of a network where it is no more than that."""


def is_seen_to_differ(path: str, value: Any, info: ContainerInfo) -> bool:
    """Whether what the engine tells of a container shows that this member was another one. False where that cannot be compared."""
    name, _, rest = path.partition(".")
    if path == "ports":
        return _are_other_ports(value, info)
    if path == "volumes":
        return _are_other_mounts(value, info)
    if name not in ("environment", "labels", "sysctls") if rest else name not in _ALIKE:
        return False
    return (old := old_words(path, info)) is not None and old != words(path, value)


def _are_other_ports(rows: Iterable[Mapping[str, Any]], info: ContainerInfo) -> bool:
    """Addresses are left out, for an engine may list one for each kind; and one that chose a port tells nothing of the file."""
    if info.status != "running" or not all(str(row.get("published") or "").isdecimal() for row in rows):
        return False
    wanted = {_port({**row, "host_ip": ""}) for row in rows}
    return wanted != {row.rpartition(":")[2] for row in info.ports if "->" in row}


def _are_other_mounts(rows: Iterable[Mapping[str, Any]], info: ContainerInfo) -> bool:
    """Whether one is not there. Folders of the host are compared by where they are in the container, for a machine may lie between."""
    there = {(row.name if row.kind == "volume" else "", row.target, row.read_only) for row in info.mounts if row.kind in _KINDS}
    named = [row for row in rows if row.get("type") in _KINDS and row.get("source")]
    wanted = {
        (row["source"] if row["type"] == "volume" else "", str(row["target"]).rstrip("/") or "/", bool(row.get("read_only")))
        for row in named
    }
    return not wanted <= there


# -- what it is -------------------------------------------------------------------------------------


def words(path: str, value: Any) -> str | None:
    """A member of a service."""
    name, _, rest = path.partition(".")
    if value is None:
        return None
    if name in _BYTES:
        return _bytes(value)
    if (reader := _NAMED.get(path)) or (reader := _NAMED.get(name) if rest else None):
        return reader(value)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(row, str) for row in value):
        return shlex.join(value)
    return str(value) if isinstance(value, int | float) else text(value)


def _bytes(value: Any) -> str:
    """``64m``, where it is a whole number of a unit."""
    if not str(value).isdecimal():
        return str(value)
    count = int(value)
    return next((f"{count // size}{unit}" for size, unit in _UNITS if count and count % size == 0), str(count))


def _port(row: Mapping[str, Any]) -> str:
    ahead = f"{row['host_ip']}:" if row.get("host_ip") else ""
    published = f"{ahead}{row['published']}->" if row.get("published") else ahead
    return f"{published}{row.get('target')}/{row.get('protocol', 'tcp')}"


def _mount(row: Mapping[str, Any]) -> str:
    return f"{row.get('source') or row.get('type')}:{row.get('target')}" + (":ro" if row.get("read_only") else "")


def _ulimit(value: Any) -> str:
    return f"{value.get('soft')}:{value.get('hard')}" if isinstance(value, Mapping) else str(value)


def _resources(value: Mapping[str, Any]) -> str:
    rows = ((kind, name, said) for kind, row in value.items() if isinstance(row, Mapping) for name, said in row.items())
    return ", ".join(f"{kind}.{name} {_bytes(said) if name == 'memory' else words(name, said)}" for kind, name, said in rows)


def _network(value: Any) -> str:
    if not isinstance(value, Mapping) or not value:
        return JOINED
    return ", ".join(f"{name}: {words('', said)}" for name, said in value.items())


_NAMED: Mapping[str, Callable[[Any], str]] = {
    "ports": lambda rows: ", ".join(map(_port, rows)),
    "volumes": lambda rows: ", ".join(map(_mount, rows)),
    "extra_hosts": lambda rows: ", ".join(sorted(str(row).replace("=", ":", 1) for row in rows)),
    "ulimits": _ulimit,
    "deploy.resources": _resources,
    "networks": _network,
}


# -- what it was ------------------------------------------------------------------------------------

_Reader = Callable[["ContainerSettings"], "str | None"]


def _setting(name: str, member: str = "") -> _Reader:
    return lambda settings: words(name, getattr(settings, member or name)) or None


def _bound(name: str, member: str = "") -> _Reader:
    """Of a number that is 0 where there is no bound."""
    return lambda settings: words(name, getattr(settings, member or name) or None)


_SETTINGS: Mapping[str, _Reader] = {
    "command": _setting("command"),
    "entrypoint": _setting("entrypoint"),
    "user": _setting("user"),
    "working_dir": _setting("working_dir"),
    "hostname": _setting("hostname"),
    "domainname": _setting("domainname"),
    "stop_signal": _setting("stop_signal"),
    "tty": _setting("tty"),
    "stdin_open": _setting("stdin_open"),
    "privileged": _setting("privileged"),
    "read_only": _setting("read_only"),
    "cap_add": _setting("cap_add"),
    "cap_drop": _setting("cap_drop"),
    "init": _setting("init"),
    "dns": _setting("dns"),
    "dns_search": _setting("dns_search"),
    "extra_hosts": _setting("extra_hosts"),
    "group_add": _setting("group_add"),
    "security_opt": _setting("security_opt"),
    "cpuset": _setting("cpuset"),
    "mem_limit": _bound("mem_limit", "memory"),
    "memswap_limit": _bound("memswap_limit", "memory_swap"),
    "mem_reservation": _bound("mem_reservation", "memory_reservation"),
    "shm_size": _bound("shm_size"),
    "cpus": _bound("cpus"),
    "cpu_shares": _bound("cpu_shares"),
    "pids_limit": _bound("pids_limit"),
    "oom_score_adj": _bound("oom_score_adj"),
    "logging.driver": _setting("logging.driver", "log_driver"),
    "logging.options": lambda settings: text(settings.log_options) if settings.log_options else None,
    "stop_grace_period": lambda settings: None if settings.stop_seconds is None else _duration(settings.stop_seconds),
    "deploy.resources": lambda settings: _limits(settings),
}
_ALIKE = (
    "command", "entrypoint", "user", "working_dir", "hostname", "domainname", "stop_signal", "tty", "stdin_open", "privileged",
    "read_only",
)  # fmt: skip


def old_words(path: str, info: ContainerInfo) -> str | None:
    """The member of the service that a container was made from; None where the engine does not tell it."""
    name, _, rest = path.partition(".")
    if reader := _OF_CONTAINER.get(path):
        return reader(info)
    if name == "labels":
        return info.labels.get(rest)
    if name == "networks" and rest:
        return _endpoint(rest, info)
    if name == "healthcheck" and info.health_check is not None:
        return _check(rest, info)
    settings = info.settings
    if settings is None:
        return None
    if name == "environment":
        return settings.environment.get(rest)
    if name == "sysctls" and rest:
        return settings.sysctls.get(rest)
    if name == "ulimits" and rest:
        return settings.ulimits.get(rest)
    reader_of = _SETTINGS.get(path)
    return reader_of(settings) if reader_of else None


_OF_CONTAINER: Mapping[str, Callable[[ContainerInfo], str | None]] = {
    "image": lambda info: info.image,
    "container_name": lambda info: info.name,
    "ports": lambda info: ", ".join(info.ports),
    "volumes": lambda info: ", ".join(
        f"{row.name or (row.kind == 'bind' and row.source) or row.kind}:{row.target}" + (":ro" if row.read_only else "")
        for row in info.mounts
    ),
    "restart": lambda info: f"{info.restart.name}:{info.restart.retries}" if info.restart.retries else info.restart.name,
    "network_mode": lambda info: None if info.network_mode in info.networks else info.network_mode or None,
}


def _endpoint(network: str, info: ContainerInfo) -> str | None:
    """An address may be the engine's own, and is not told; neither are the aliases that every container has."""
    place = info.networks.get(network)
    if place is None:
        return None
    own = {info.name, info.id[:12], identity.label(info.labels, identity.SERVICE), info.settings and info.settings.hostname}
    aliases = [alias for alias in place.aliases if alias not in own]
    return f"aliases: {shlex.join(aliases)}" if aliases else JOINED


def _limits(settings: ContainerSettings) -> str | None:
    limits = {"cpus": settings.cpus, "memory": settings.memory, "pids": settings.pids_limit}
    found = {
        "limits": {name: value for name, value in limits.items() if value},
        "reservations": {"memory": settings.memory_reservation} if settings.memory_reservation else {},
    }
    return _resources(found) or None


def _check(member: str, info: ContainerInfo) -> str | None:
    check = info.health_check
    assert check is not None
    if member == "test":
        return shlex.join(check.test)
    if member == "retries":
        return str(check.retries)
    seconds = {"interval": check.interval, "timeout": check.timeout, "start_period": check.start_period}.get(member)
    return None if seconds is None else _duration(seconds)


def _duration(seconds: float) -> str:
    """As Compose writes it: ``1m30s``."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = (f"{hours:g}h" if hours else "", f"{minutes:g}m" if hours or minutes else "", f"{left:g}s")
    return "".join(parts)
