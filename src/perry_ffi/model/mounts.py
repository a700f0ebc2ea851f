"""Mounts of a container: ``source:target[:options]``, a bare target, and the long object form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from perry_ffi.model.values import absolute, bad, boolean, clean, integer, key, labels, name, size, within

_EXPECTED = "a mount such as data:/data, /host/path:/path:ro or /path"
_PROPAGATION = ("shared", "rshared", "slave", "rslave", "private", "rprivate")
_CONSISTENCY = ("consistent", "cached", "delegated")
_TYPES = ("bind", "volume", "tmpfs")


@dataclass(frozen=True)
class Mount:
    """One mount.

    type: ``bind`` (source is a path of the engine's host), ``volume`` (source is a name, ``""`` for an
    anonymous one) or ``tmpfs``.
    create_host_path: whether a bind's missing source becomes a directory, or is an error.
    selinux: ``z``, ``Z`` or ``""``.
    size, mode: bytes of a tmpfs (0: no bound) and its permission bits.
    """

    type: str
    target: str
    source: str = ""
    read_only: bool = False
    propagation: str = ""
    create_host_path: bool = True
    selinux: str = ""
    consistency: str = ""
    nocopy: bool = False
    subpath: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    size: int = 0
    mode: int | None = None


def mounts(value: Any) -> list[Mount]:
    """A list of mounts in any form; two at one target are refused."""
    return _mounts(value, name)


def keyed_mounts(value: Any) -> list[Mount]:
    """The same, where volumes go by their keys in a document; engines know them by longer names."""
    return _mounts(value, key)


def _mounts(value: Any, volume: Callable[[Any], str]) -> list[Mount]:
    """volume: reads the name of one."""
    if not isinstance(value, list | tuple):
        bad("a list of mounts")
    found: dict[str, Mount] = {}
    for index, item in enumerate(value):
        entry = within(f"[{index}]", partial(mount, volume=volume), item)
        if entry.target in found:
            bad("one mount at each target", entry.target, at=f"[{index}]")
        found[entry.target] = entry
    return list(found.values())


def mount(value: Any, volume: Callable[[Any], str] = name) -> Mount:
    """One mount in any form. volume: reads the name of one."""
    if isinstance(value, Mount):
        return value
    if isinstance(value, Mapping):
        return _long(value, volume)
    parts = clean(value, _EXPECTED).split(":")
    if len(parts) == 1:
        return Mount("volume", _target(parts[0]))
    if len(parts) > 3 or not parts[0]:
        bad(_EXPECTED, value)
    source, target = parts[0], _target(parts[1])
    options = _options(parts[2]) if len(parts) == 3 else {}
    if is_path(source):
        if options.get("nocopy"):
            bad("options of a bind mount, nocopy is a volume's", value)
        return Mount("bind", target, source, **options)
    if options.get("propagation"):
        bad("options of a volume, propagation is a bind mount's", value)
    return Mount("volume", target, volume(source), **options)


def is_path(source: str) -> bool:
    """Whether a mount's source is a path rather than a volume's name: ``/…``, ``./…``, ``../…``, ``.`` or ``..``."""
    return source.startswith(("/", "./", "../")) or source in (".", "..")


def _target(value: Any) -> str:
    path = absolute(value)
    if path.strip("/") == "":
        bad("a target other than /", value)
    if ":" in path:
        bad("a path without :", value)
    return path


def _options(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    entry: tuple[str, bool | str]
    for option in text.split(","):
        if option in ("ro", "rw"):
            entry = ("read_only", option == "ro")
        elif option in ("z", "Z"):
            entry = ("selinux", option)
        elif option in _PROPAGATION:
            entry = ("propagation", option)
        elif option in _CONSISTENCY:
            entry = ("consistency", option)
        elif option == "nocopy":
            entry = ("nocopy", True)
        else:
            bad(f"options of ro, rw, z, Z, nocopy, {', '.join(_PROPAGATION + _CONSISTENCY)}", option)
        if found.setdefault(*entry) != entry[1]:
            bad("options that do not contradict each other", text)
    return found


# -- the long form ----------------------------------------------------------------------------------

_COMMON = {"type", "source", "target", "read_only", "consistency"}
_NESTED = {
    "bind": {"propagation", "create_host_path", "selinux"},
    "volume": {"nocopy", "subpath", "labels"},
    "tmpfs": {"size", "mode"},
}


def _long(value: Mapping[str, Any], volume: Callable[[Any], str]) -> Mount:
    kind = value.get("type")
    if kind not in _TYPES:
        bad("bind, volume or tmpfs", kind, at=".type")
    for member in value:
        if member not in _COMMON and member != kind:
            bad(f"a member of a {kind} mount", member)
    options = value.get(kind) or {}
    if not isinstance(options, Mapping):
        bad("an object", at=f".{kind}")
    for member in options:
        if member not in _NESTED[kind]:
            bad(f"one of {', '.join(sorted(_NESTED[kind]))}", member, at=f".{kind}")
    read = {each: within(f".{kind}.{each}", _READERS[each], item) for each, item in options.items() if item is not None}
    entry = Mount(
        kind,
        within(".target", _target, value.get("target")),
        within(".source", _SOURCES.get(kind, partial(_volume_source, volume=volume)), value.get("source")),
        within(".read_only", boolean, value.get("read_only", False)),
        consistency=within(".consistency", _one_of(*_CONSISTENCY, ""), value.get("consistency", "")),
        **read,
    )
    return _volume(entry) if kind == "volume" else entry


def _one_of(*allowed: str) -> Any:
    def read(value: Any) -> str:
        if value not in allowed:
            bad("one of " + ", ".join(item for item in allowed if item), value)
        return str(value)

    return read


def _bind_source(value: Any) -> str:
    path = clean(value, "a path")
    if not is_path(path):
        bad("a path that begins with / or ./", value)
    if ":" in path:
        bad("a path without :", value)
    return path


def _volume(entry: Mount) -> Mount:
    if entry.read_only and not entry.source:
        bad("a named volume where it is read-only, an anonymous one would stay empty", at=".read_only")
    return entry


def _volume_source(value: Any, volume: Callable[[Any], str]) -> str:
    return volume(value) if value else ""


def _no_source(value: Any) -> str:
    if value:
        bad("no source, a tmpfs has none", value)
    return ""


def _subpath(value: Any) -> str:
    text = clean(value)
    if text.startswith("/") or ".." in text.split("/"):
        bad("a relative path inside the volume", value)
    return text


_SOURCES = {"bind": _bind_source, "tmpfs": _no_source}
_READERS = {
    "propagation": _one_of(*_PROPAGATION),
    "create_host_path": boolean,
    "selinux": _one_of("z", "Z"),
    "nocopy": boolean,
    "subpath": _subpath,
    "labels": labels,
    "size": size,
    "mode": integer(0, 0o7777),
}
