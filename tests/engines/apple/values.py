"""How apple/container 1.2 takes the values of its options apart, and what it refuses of them. By hand, from its release 1.2.2."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import NamedTuple

from tests.engines.apple.parser import split

LEAST_MEMORY = 200 << 20
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+\Z")
VOLUME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
NETWORK = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?\Z")
_LABEL_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:[./][a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\Z")
_UNITS = {"b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}
LIMITS = (
    "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime",
    "sigpending", "stack",
)  # fmt: skip


class Refused(Exception):
    """What the program says, and ends with 1."""


class Port(NamedTuple):
    address: str
    host: int
    container: int
    count: int
    protocol: str


class Mount(NamedTuple):
    """kind: ``volume``, ``virtiofs`` or ``tmpfs``. source: a path, or a volume's name; empty for one to make up."""

    kind: str
    source: str
    target: str
    options: tuple[str, ...]


def labels(values: Sequence[str]) -> dict[str, str]:
    """Of a container: cut at every ``=``, and three parts are too many."""
    found = {}
    for value in values:
        parts = split(value, "=", 2)
        if not parts or len(parts) > 2:
            raise Refused(f"invalid label format {value}")
        found[parts[0]] = parts[1] if len(parts) == 2 else ""
    return found


def entries(values: Sequence[str]) -> dict[str, str]:
    """Labels and options of networks and volumes."""
    parts = [(split(value, "=", 1), value) for value in values]
    return {found[0] if len(found) == 2 else value: found[1] if len(found) == 2 else "" for found, value in parts}


def network_labels(values: Sequence[str]) -> dict[str, str]:
    found = entries(values)
    for name, value in found.items():
        if len(name) > 128 or not _LABEL_KEY.match(name):
            raise Refused(f"invalid_label_key_content: {name}")
        if len(f"{name}={value}") > 4096:
            raise Refused(f"invalid_label_length: {name}")
    return found


def environment(values: Sequence[str], host: dict[str, str]) -> dict[str, str]:
    """A name without ``=`` takes the host's value, if it has one."""
    found = {}
    for value in values:
        name, *rest = split(value, "=", 1, keep_empty=True)
        if rest:
            found[name] = rest[0]
        elif name in host:
            found[name] = host[name]
    return found


def file_of_variables(text: str) -> list[str]:
    """The lines of a file that say something; every kind of line's end counts."""
    found = []
    for line in re.split("[\n\v\f\r\x85\u2028\u2029]", text):
        line = line.lstrip()
        name = split(line, "=", 1, keep_empty=True)[0].lstrip(" \t") if line else ""
        if not line or line.startswith("#"):
            continue
        if " " in name or "\t" in name:
            raise Refused(f"variable '{name}' contains whitespaces")
        if not name:
            raise Refused(f"no variable name on line '{line}'")
        found.append(line)
    return found


def size(text: str) -> int:
    match = re.fullmatch(r"([0-9.]+)\s*([a-z]?)(?:ib|b)?", text.strip().lower())
    if match is None or (match[2] or "b") not in _UNITS:
        raise Refused("invalid size")
    return int(float(match[1]) * _UNITS[match[2] or "b"])


def port(text: str) -> Port:
    match = re.fullmatch(r"(?:(?:\[([^\]]*)\]|([^:]+)):)?([0-9-]+):([0-9-]+)(?:/(.*))?", text)
    if match is None:
        raise Refused(f"invalid publish value: {text}")
    protocol = (match[5] or "tcp").lower()
    if protocol not in ("tcp", "udp"):
        raise Refused(f"invalid publish protocol: {protocol}")
    address = match[1] or match[2] or "0.0.0.0"
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise Refused(f"invalid publish IPv4 address: {text}") from None
    host, inside = _range(match[3], "host"), _range(match[4], "container")
    if len(host) != len(inside):
        raise Refused(f"publish host and container port counts are not equal: {match[3]}:{match[4]}")
    return Port(address, host[0], inside[0], len(host), protocol)


def _range(text: str, which: str) -> range:
    first, _, last = text.partition("-")
    if not first.isdigit() or (last and not last.isdigit()):
        raise Refused(f"invalid publish {which} port: {text}")
    low, high = int(first), int(last or first)
    if low <= 1 or high < low or high > 65_535:
        raise Refused(f"invalid publish {which} port range: {text}")
    return range(low, high + 1)


def ports(values: Sequence[str]) -> list[Port]:
    found = [port(value) for value in values]
    taken = [(it.host + step, it.protocol) for it in found for step in range(it.count)]
    if len(found) > 64:
        raise Refused("cannot exceed more than 64 port publish descriptors")
    if len(set(taken)) != len(taken):
        raise Refused("host ports for different publish port specs may not overlap")
    return found


def volume(text: str) -> Mount:
    """``-v``: one part is a volume without a name, and a source with a ``/`` is a path."""
    parts = split(text.lstrip(":"), ":")
    if len(parts) == 1:
        return Mount("volume", "", parts[0], ())
    if len(parts) not in (2, 3):
        raise Refused(f"invalid volume format {text}")
    options = tuple(split(parts[2], ",")) if len(parts) == 3 else ()
    is_path = len(split(parts[0], "/", keep_empty=True)) > 1 or parts[0] in (".", "..")
    if not is_path and not VOLUME.match(parts[0]):
        raise Refused(f"invalid volume name '{parts[0]}': must match {VOLUME.pattern}")
    return Mount("virtiofs" if is_path else "volume", parts[0], parts[1], options)


_FIELDS = {"src": "source", "dst": "target", "destination": "target", "readonly": "ro"}


def mount(text: str) -> Mount:
    """``--mount``: fields between commas, and a ``=`` in a value is one too many."""
    found, options = {"type": "virtiofs"}, []
    for part in split(text, ","):
        name, *value = split(part, "=", 2)
        name = _FIELDS.get(name, name)
        if name not in ("type", "source", "target", "size", "mode", "ro"):
            raise Refused(f"unknown directive {name} when parsing mount {text}")
        if name == "ro":
            options.append("ro")
        elif len(value) != 1:
            raise Refused(f"invalid directive format missing value {part} in {text}")
        elif name in ("size", "mode"):
            options.append(f"size={size(value[0])}" if name == "size" else f"mode={value[0]}")
        else:
            found[name] = value[0]
    kind = {"bind": "virtiofs"}.get(found["type"], found["type"])
    return Mount(kind, found.get("source", ""), found.get("target", ""), tuple(options))


def limits(values: Sequence[str]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for value in values:
        name, _, both = value.partition("=")
        soft, _, hard = both.partition(":")
        if name not in LIMITS or name in found:
            raise Refused(f"{'duplicate' if name in found else 'unsupported'} ulimit type: {name}")
        if not all(it == "unlimited" or it.isdigit() for it in (soft, hard or soft)):
            raise Refused(f"invalid ulimit value '{both}' for '{name}'")
        found[name] = (soft, hard or soft)
    return found


def network(text: str) -> tuple[str, str]:
    """A network's name and the address that is asked for there."""
    name, *fields = split(text, ",", keep_empty=True)
    mac = ""
    for field in fields:
        key, *value = split(field, "=", 2, keep_empty=True)
        if len(value) != 1 or key not in ("mac", "mtu"):
            raise Refused(f"unknown network property '{key}'. Available properties: mac, mtu")
        mac = value[0] if key == "mac" else mac
    if not name:
        raise Refused("network name cannot be empty")
    return name, mac
