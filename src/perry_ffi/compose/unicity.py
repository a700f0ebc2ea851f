"""Lists whose entries have a key: a later entry with the same key takes the place of the earlier one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from perry_ffi.compose.fault import fault
from perry_ffi.compose.mounts import parse_mount
from perry_ffi.compose.rules import Node, compile_rules, rewrite

Key = Callable[[Any, str], Hashable]


def unique(tree: dict[str, Any]) -> dict[str, Any]:
    """``tree`` with redefined entries of its keyed lists removed, in place. Raises ValidationError."""
    changed: dict[str, Any] = rewrite(tree, _RULES, "")
    return changed


def _assignment(entry: Any, path: str) -> Hashable:
    if type(entry) is not str:
        raise fault(path, "not text", "a string")
    return entry.partition("=")[0]


def _volume(entry: Any, path: str) -> Hashable:
    if type(entry) is str:
        return str(parse_mount(entry, path).get("target", ""))
    return _target(entry, path) if type(entry) is dict else ""


def _device(entry: Any, path: str) -> Hashable:
    if type(entry) is str:
        parts = entry.split(":")
        return parts[1] if len(parts) > 1 else parts[0]
    return _target(entry, path) if type(entry) is dict else ""


def _target(entry: dict[str, Any], path: str) -> Hashable:
    target = entry.get("target")
    if type(target) is not str:
        raise fault(path, "no target is given", "target: the place in the container")
    return target


def _exposed(entry: Any, path: str) -> Hashable:
    if type(entry) not in (str, int):
        raise fault(path, "not a port", "a port number or range")
    return str(entry)


def _grant(folder: str) -> Key:
    """The key of a config or secret: where it is mounted."""

    def key(entry: Any, path: str) -> Hashable:
        if type(entry) is str:
            return f"{folder}/{entry}"
        if type(entry) is not dict:
            raise fault(path, "not a config or secret", "a name or a mapping")
        if "target" not in entry:
            return f"{folder}/{entry.get('source')}"
        if type(entry["target"]) is not str:
            raise fault(f"{path}.target", "not text", "a string")
        return entry["target"]

    return key


def _port(entry: Any, path: str) -> Hashable:
    if type(entry) is not dict:
        return str(entry) if type(entry) in (int, str) else ""
    if "target" not in entry:
        raise fault(path, "no target is given", "target: the port in the container")
    published, target = entry.get("published"), entry["target"]
    return (
        _hashable(entry.get("host_ip", "0.0.0.0")),
        type(published).__name__,
        _hashable(published),
        _hashable(target),
        _hashable(entry.get("protocol", "tcp")),
    )


def _hashable(value: Any) -> Hashable:
    return value if isinstance(value, Hashable) else repr(value)


def _env_file(entry: Any, path: str) -> Hashable:
    if type(entry) is str:
        return entry
    if type(entry) is not dict:
        return ""
    if type(entry.get("path")) is not str:
        raise fault(path, "no path is given", "path: the env file")
    return str(entry["path"])


def _by(key: Key) -> Callable[[Any, str], Any]:
    def rule(value: Any, path: str) -> Any:
        if type(value) is not list or len(value) == 0:
            return value
        kept: dict[Hashable, Any] = {}
        for index, entry in enumerate(value):
            kept[key(entry, f"{path}[{index}]")] = entry
        return list(kept.values())

    return rule


_SERVICE: dict[str, Key] = {
    **dict.fromkeys(
        (
            "annotations", "build.args", "build.additional_contexts", "build.platform", "build.tags", "build.labels",
            "cap_add", "cap_drop", "deploy.labels", "dns", "dns_opt", "dns_search", "environment", "labels", "links",
            "networks.*.aliases", "networks.*.link_local_ips", "profiles", "sysctls", "tmpfs",
        ),
        _assignment,
    ),
    "configs": _grant(""),
    "devices": _device,
    "env_file": _env_file,
    "expose": _exposed,
    "ports": _port,
    "secrets": _grant("/run/secrets"),
    "volumes": _volume,
}  # fmt: skip

_RULES: Node[Callable[[Any, str], Any]] = compile_rules(
    {
        "networks.*.labels": _by(_assignment),
        "networks.*.ipam.options": _by(_assignment),
        "volumes.*.labels": _by(_assignment),
        **{f"services.*.{place}": _by(key) for place, key in _SERVICE.items()},
    }
)
