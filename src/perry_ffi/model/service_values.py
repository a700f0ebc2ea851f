"""Values that only a Compose service has: endpoints, mounts of images, block I/O weights, logging, namespaces."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from perry_ffi.errors import ValidationError
from perry_ffi.model import container_values as own
from perry_ffi.model import host_values, values
from perry_ffi.model.mounts import Mount


@dataclass(frozen=True)
class ServiceAttachment(own.Attachment):
    """A network that a service's container joins.

    key: what the project calls it. priority: the highest is joined first. gw_priority: the highest gives the default route; ``None`` where it is not
    said. links, external_links: ``container:alias`` pairs, names that only this container sees, of containers of the
    project and of others. linked_as: what other services call this one, for engines without links.
    """

    key: str = ""
    interface_name: str = ""
    priority: int = 0
    gw_priority: int | None = None
    links: tuple[str, ...] = ()
    external_links: tuple[str, ...] = ()
    linked_as: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServiceMount(Mount):
    """A mount with what only a service says.

    type may also be ``image`` (source is its reference, subpath a part of it), ``npipe`` or ``cluster``.
    recursive: ``enabled``, ``disabled``, ``writable``, ``readonly`` or ``""``, of a bind mount's submounts.
    own_files: an anonymous volume that carries configs and secrets into the container, not data.
    driver, driver_opts: of a volume that nobody creates beforehand, for each node of a cluster makes its own.
    """

    recursive: str = ""
    own_files: bool = False
    driver: str = ""
    driver_opts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Logging:
    """A log driver (``""``: the engine's) and its options."""

    driver: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BlkioConfig:
    """Block I/O: weights from 10 to 1000, rates by device path in bytes or operations a second."""

    weight: int = 0
    weight_device: Mapping[str, int] = field(default_factory=dict)
    device_read_bps: Mapping[str, int] = field(default_factory=dict)
    device_write_bps: Mapping[str, int] = field(default_factory=dict)
    device_read_iops: Mapping[str, int] = field(default_factory=dict)
    device_write_iops: Mapping[str, int] = field(default_factory=dict)


# -- readers --------------------------------------------------------------------------------------


def logging(value: Any) -> Logging:
    """``{driver, options}``."""
    if isinstance(value, Logging):
        return value
    return Logging(**values.members(value, {"driver": values.clean, "options": values.text_map}))


def _by_path(amount: str, reader: Callable[[Any], int]) -> Callable[[Any], dict[str, int]]:
    """The reader of ``[{path, <amount>}]`` (any case of the first letter, as canonical documents have it)."""

    def read(value: Any) -> dict[str, int]:
        if isinstance(value, Mapping):
            return {values.within(".(name)", values.absolute, k): values.within(f".{k}", reader, v) for k, v in value.items()}
        return dict(values.list_of(entry)(value))

    def entry(value: Any) -> tuple[str, int]:
        if not isinstance(value, Mapping):
            values.bad(f"an object of path and {amount}")
        lower = {str(key).lower(): item for key, item in value.items()}
        found = values.members(lower, {"path": values.absolute, amount: reader})
        if len(found) < 2:
            values.bad(f"an object of path and {amount}")
        return found["path"], found[amount]

    return read


_weight = values.integer(0, 2**16 - 1)
_BLKIO: dict[str, Callable[[Any], Any]] = {
    "weight": _weight,
    "weight_device": _by_path("weight", _weight),
    "device_read_bps": _by_path("rate", values.size),
    "device_write_bps": _by_path("rate", values.size),
    "device_read_iops": _by_path("rate", values.integer(0)),
    "device_write_iops": _by_path("rate", values.integer(0)),
}


def blkio(value: Any) -> BlkioConfig:
    """``{weight, weight_device: [{path, weight}], device_read_bps: [{path, rate}], …}``."""
    return value if isinstance(value, BlkioConfig) else BlkioConfig(**values.members(value, _BLKIO))


def namespace(*modes: str, container: bool = True) -> Callable[[Any], str]:
    """The reader of a namespace's choice: one of ``modes``, or ``container:<name or id>``."""

    def read(value: Any) -> str:
        text = values.clean(value)
        if container and text.startswith("container:"):
            values.name(text.removeprefix("container:"))
        elif text not in modes:
            values.bad(" or ".join(modes) + (" or container:<name>" if container else ""), value)
        return text

    return read


def is_shared(mode: Any) -> bool:
    """Whether a process or host name namespace is another's: docker takes any other word for one of the container's own."""
    return isinstance(mode, str) and (mode == "host" or mode.startswith("container:"))


def is_user_namespace(mode: Any) -> bool:
    """Whether some engine knows a user namespace; docker takes any other word for the engine's own choice."""
    known = ("host", "private", "keep-id", "auto", "nomap")
    return isinstance(mode, str) and (mode.partition(":")[0] in known or mode.startswith(("container:", "ns:")))


def memory_or_unlimited(value: Any) -> int:
    """Bytes, or -1, as every negative number, for no limit."""
    negative = (isinstance(value, str) and re.match(r"-[0-9]+\Z", value)) or (values.is_number(value) and value < 0)
    return -1 if negative else values.size(value)


def microseconds(value: Any) -> int:
    """Microseconds: a whole number, or a duration such as ``400us``."""
    if isinstance(value, str) and not re.match(r"-?[0-9]+\Z", value):
        return values.duration(value) // 1000
    return values.integer(0)(value)


def exposed(value: Any) -> str:
    """A port or a range that is known but not published: ``80``, ``80/udp``, ``80-82/tcp``, always with its protocol."""
    text = values.clean(str(value) if isinstance(value, int) and values.is_number(value) else value, "a port")
    match = re.match(r"([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(tcp|udp|sctp|))?\Z", text.strip().lower())
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 0 < low <= high < 65_536:
        values.bad("a port such as 80, 80-82 or 80/udp", value)
    return (str(low) if low == high else f"{low}-{high}") + "/" + ((match and match[3]) or "tcp")


def is_exposed(value: Any) -> bool:
    """Whether ``value`` is a port or a range that can be exposed."""
    try:
        return bool(exposed(value))
    except ValidationError:
        return False


def volume_source(value: Any) -> str:
    """``<container>[:mode]``, the mode of ``ro``, ``rw``, ``z`` and ``Z``."""
    text = values.clean(value, "a container's name")
    source, sign, mode = text.partition(":")
    values.name(source)
    if sign and mode and not is_volume_mode(mode):
        values.bad("<container>, <container>:ro or <container>:rw", value)
    return text if mode else source


def is_volume_mode(mode: str) -> bool:
    """Whether engines know ``mode`` of volumes that come from another container."""
    return set(mode.split(",")) <= {"ro", "rw", "z", "Z"}


def link(value: Any) -> str:
    """``<container>[:alias]``, always with the alias."""
    source, _, alias = values.clean(value, "a link").partition(":")
    values.name(source)
    return f"{source}:{host_values.host_name(alias or source)}"


def cgroup_rule(value: Any) -> str:
    """``c 1:3 mr``: type, major and minor number (or ``*``), access."""
    if not isinstance(value, str) or not re.match(r"[acb] (?:[0-9]+|\*):(?:[0-9]+|\*) [rwm]{1,3}\Z", value):
        values.bad("a rule such as c 1:3 mr", value)
    return value


def cpu_set(value: Any) -> str:
    """``0-2,5``."""
    if not isinstance(value, str) or not re.match(r"[0-9]+(?:-[0-9]+)?(?:,[0-9]+(?:-[0-9]+)?)*\Z", value):
        values.bad("processors such as 0-2,5", value)
    return value


def cdi_device(value: Any) -> str:
    """``vendor.example/class=name``: a device that a CDI specification on the engine's host describes."""
    if not is_cdi(value):
        values.bad("a device such as vendor.example/class=name", value)
    return str(value)


def is_cdi(value: Any) -> bool:
    """Whether ``value`` names a device by the Container Device Interface rather than by a path."""
    return isinstance(value, str) and bool(
        re.match(r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z][A-Za-z0-9_.-]*=[A-Za-z0-9_.:-]+\Z", value)
    )


def percent(value: Any) -> float:
    """From 0 to 100."""
    number = values.cpus(value)
    if number > 100:
        values.bad("a percentage", value)
    return number
