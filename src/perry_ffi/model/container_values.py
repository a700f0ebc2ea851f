"""Values that only a container has: health checks, network attachments, GPUs, tmpfs, moments in a log."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from perry_ffi.model.host_values import aliases, mac_address
from perry_ffi.model.values import (
    absolute,
    bad,
    boolean,
    clean,
    duration,
    integer,
    ip,
    is_number,
    list_of,
    members,
    name,
    names,
    network_name,
    text_map,
    within,
    word,
    words,
)

# -- health ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HealthCheck:
    """A health check; durations in nanoseconds, 0 for the image's or engine's own.

    test: ``("NONE",)``, ``("CMD", program, argument…)``, ``("CMD-SHELL", line, argument…)``: a shell runs the line, with
    the arguments as ``$0``, ``$1`` and so on; empty for the image's own test.
    """

    test: tuple[str, ...] = ()
    interval: int = 0
    timeout: int = 0
    retries: int = 0
    start_period: int = 0
    start_interval: int = 0


def health_check(value: Any) -> HealthCheck:
    """``{test, interval, timeout, retries, start_period, start_interval, disable}``; a text as test is a shell line.

    ``disable`` turns off the image's own check, whatever else is written.
    """
    if isinstance(value, HealthCheck):
        return value
    off = isinstance(value, Mapping) and value.get("disable") is True
    read = members({key: item for key, item in value.items() if key != "test"} if off else value, _HEALTH)
    return HealthCheck(("NONE",)) if read.pop("disable", False) else HealthCheck(**read)


def _health_test(value: Any) -> tuple[str, ...]:
    """Docker reads nothing after ``NONE``, and ends where a probe of ``CMD`` has no program."""
    test = ("CMD-SHELL", clean(value)) if isinstance(value, str) else tuple(words(value))
    if not test or test[0] == "CMD-SHELL" or (test[0] == "CMD" and len(test) > 1):
        return test
    if test[0] == "NONE":
        return test[:1]
    bad('["NONE"], ["CMD", program, argument…] or ["CMD-SHELL", line]')


_HEALTH: dict[str, Callable[[Any], Any]] = {
    "test": _health_test,
    "interval": duration,
    "timeout": duration,
    "retries": integer(0),
    "start_period": duration,
    "start_interval": duration,
    "disable": boolean,
}


# -- networks -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attachment:
    """A network that a container joins, and as what."""

    name: str
    aliases: tuple[str, ...] = ()
    ipv4_address: str = ""
    ipv6_address: str = ""
    link_local_ips: tuple[str, ...] = ()
    mac_address: str = ""
    driver_opts: Mapping[str, str] = field(default_factory=dict)


_ATTACHMENT: dict[str, Callable[[Any], Any]] = {
    "aliases": lambda value: tuple(aliases(value)),
    "ipv4_address": ip,
    "ipv6_address": ip,
    "link_local_ips": lambda value: tuple(list_of(ip)(value)),
    "mac_address": mac_address,
    "driver_opts": text_map,
}


def attachments(value: Any) -> list[Attachment]:
    """A list of names, or an object of name to ``{aliases, ipv4_address, ipv6_address, …}`` (or null); order counts."""
    if isinstance(value, Mapping):
        return [Attachment(within(".(name)", network_name, k), **within(f".{k}", _attachment, v)) for k, v in value.items()]
    found = list_of(lambda item: item if isinstance(item, Attachment) else Attachment(network_name(item)))(value)
    if len({item.name for item in found}) < len(found):
        bad("each network once")
    return found


def _attachment(value: Any) -> dict[str, Any]:
    return {} if value is None else members(value, _ATTACHMENT)


def network_mode(value: Any) -> str:
    """``bridge``, ``host``, ``none``, ``default``, ``container:<id>``, or the name of a network."""
    text = clean(value, "the name of a network")
    if text.startswith("container:"):
        name(text.removeprefix("container:"))
    elif ":" in text:
        bad("a mode, or the name of a network", value)
    else:
        network_name(text)
    return text


def is_built_in(network: str | None) -> bool:
    """Whether ``network`` is an engine's own mode rather than a network with a name service."""
    return network in (None, "bridge", "host", "none", "default") or network.startswith("container:")


# -- devices and memory ---------------------------------------------------------------------------


@dataclass(frozen=True)
class GpuRequest:
    """GPUs that a container asks for; count -1 is all of them."""

    count: int = 0
    driver: str = ""
    device_ids: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ("gpu",)
    options: Mapping[str, str] = field(default_factory=dict)


_GPU: dict[str, Callable[[Any], Any]] = {
    "count": lambda value: -1 if value == "all" else integer(-1)(value),
    "driver": word,
    "device_ids": lambda value: tuple(names(value)),
    "capabilities": lambda value: tuple(names(value)),
    "options": text_map,
}


def gpus(value: Any) -> list[GpuRequest]:
    """``"all"``, a number, or a list of ``{count, driver, device_ids, capabilities, options}``."""
    if isinstance(value, list | tuple):
        return list_of(_gpu)(value)
    if value == "all":
        return [GpuRequest(-1)]
    return [GpuRequest(integer(1)(value))]


def _gpu(value: Any) -> GpuRequest:
    if isinstance(value, GpuRequest):
        return value
    read = members(value, _GPU)
    if read.get("count") and read.get("device_ids"):
        bad("count or device_ids, not both")
    if not read.get("device_ids"):
        read.setdefault("count", -1)
    read["capabilities"] = tuple(dict.fromkeys((*read.get("capabilities", ()), "gpu")))
    return GpuRequest(**read)


def tmpfs(value: Any) -> dict[str, str]:
    """Path to mount options: a path, a list of ``/path[:options]``, or an object of path to options."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, Mapping):
        entries = [(path, "" if options is None else options) for path, options in value.items()]
    else:
        entries = [tuple((text + ":").split(":", 1)) for text in names(value)]
        entries = [(path, options.removesuffix(":")) for path, options in entries]
    return {_tmpfs_path(path): _tmpfs_options(options) for path, options in entries}


def _tmpfs_path(value: Any) -> str:
    path = absolute(value)
    if ":" in path:
        bad("a path without :", value)
    return path


def _tmpfs_options(value: Any) -> str:
    text = clean(value)
    if not re.match(r"[A-Za-z0-9=,._%:-]*\Z", text):
        bad("mount options such as size=64m,mode=1777", value)
    return text


# -- time -----------------------------------------------------------------------------------------

_TIMESTAMP = r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?)?\Z"


@dataclass(frozen=True)
class Moment:
    """A moment: nanoseconds since 1970, or (``ago``) before the time of the request."""

    ns: int
    ago: bool = False

    def epoch(self, now_ns: int) -> str:
        """``seconds.nanoseconds`` since 1970, the form that every engine takes; ``now_ns`` is the present."""
        ns = max(0, now_ns - self.ns) if self.ago else self.ns
        return f"{ns // 10**9}.{ns % 10**9:09d}"


def moment(value: Any) -> Moment:
    """RFC 3339 text (UTC where no zone is written), seconds since 1970 as a number, or a duration back from now."""
    if isinstance(value, Moment):
        return value
    if is_number(value):
        return Moment(duration(value))
    text = clean(value, "a time")
    if re.match(r"[0-9]{1,12}(\.[0-9]{1,9})?\Z", text):
        return Moment(duration(text))
    if match := re.match(_TIMESTAMP, text):
        day, clock, fraction, zone = match.groups()
        try:
            at = datetime.fromisoformat(f"{day}T{clock or '00:00'}{'+00:00' if zone in (None, 'Z') else zone}")
            whole = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
        except (ValueError, OverflowError):
            whole = -1
        if whole >= 0:
            return Moment(whole * 10**9 + int((fraction or "0").ljust(9, "0")))
    elif re.match(r"[0-9.]+[a-zµμ]", text):
        return Moment(duration(text), ago=True)
    bad("a time such as 2030-01-02T03:04:05Z, seconds since 1970, or a duration such as 10m", value)


def wait_seconds(value: Any) -> float:
    """Seconds as a number, or a duration."""
    return duration(value) / 10**9


# -- the spec as a whole ----------------------------------------------------------------------------


def signal(value: Any) -> str:
    """``SIGTERM``, ``TERM`` (in any case) or a number."""
    text = clean(str(value) if isinstance(value, int) and is_number(value) else value, "a signal").upper()
    if not re.match(r"(?:[A-Z][A-Z0-9+-]{1,15}|[1-9][0-9]?)\Z", text):
        bad("a signal such as SIGTERM or 15", value)
    return text


def stop_signal(value: Any) -> str:
    """As ``signal``, and any other number but 0: what no system has is never sent, and the container is killed in the end."""
    text = str(value) if isinstance(value, int) and is_number(value) else value
    return text if isinstance(text, str) and re.match(r"-?0*[1-9][0-9]{0,8}\Z", text) else signal(value)
