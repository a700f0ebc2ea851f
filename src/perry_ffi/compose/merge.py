"""One model over another: mappings merge by key, lists append, and some attributes have rules of their own.

The rules are compose-go's override rules. ``merge`` consumes both trees.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perry_ffi.compose.fault import fault
from perry_ffi.compose.go_values import sprint
from perry_ffi.compose.rules import Node, compile_rules

Rule = Callable[[Any, Any, "Node[Any] | None", str], Any]


def merge(base: Any, over: Any) -> Any:
    """``base`` with ``over`` laid on top, as for a second Compose file. Raises ValidationError."""
    return _merge(base, over, RULES, "")


def merge_service(base: dict[str, Any], over: dict[str, Any], name: str) -> dict[str, Any]:
    """A service over the one that it extends, by the same rules. Raises ValidationError."""
    return _mappings(base, over, RULES.at(("services", "x")), f"services.{name}")


def _merge(base: Any, over: Any, node: Node[Rule] | None, path: str) -> Any:
    if node is not None and node.rule is not None:
        return node.rule(base, over, node, path)
    if over is None:
        return base
    if type(base) is dict:
        if type(over) is not dict:
            raise fault(path, "cannot be overridden by something else than a mapping", "a mapping")
        return _mappings(base, over, node, path)
    if type(base) is list:
        if type(over) is not list:
            raise fault(path, "cannot be overridden by something else than a list", "a list")
        return base + over
    return over


def _mappings(base: dict[str, Any], over: dict[str, Any], node: Node[Rule] | None, path: str) -> dict[str, Any]:
    for key, value in over.items():
        if key not in base:
            base[key] = value
            continue
        below = node.step(key) if node is not None and node.steps else None
        base[key] = _merge(base[key], value, below, f"{path}.{key}" if path else key)
    return base


def _replace(base: Any, over: Any, node: Any, path: str) -> Any:
    return over


def _sequence(base: Any, over: Any, node: Any, path: str) -> Any:
    return as_sequence(base) + as_sequence(over)


def as_sequence(value: Any) -> list[Any]:
    """The list form of a mapping (``KEY=value``, sorted), a string or a list; empty for anything else."""
    if type(value) is list:
        return value
    if type(value) is str:
        return [value]
    if type(value) is not dict:
        return []
    entries: list[str] = []
    for key, item in value.items():
        if item is None:
            entries.append(key)
        elif type(item) is list:
            entries.extend(f"{key}={sprint(part)}" for part in item)
        else:
            entries.append(f"{key}={sprint(item)}")
    return sorted(entries)


def _hosts(base: Any, over: Any, node: Any, path: str) -> Any:
    present = as_sequence(base)
    return present + [host for host in as_sequence(over) if host not in present]


def _keyed(default: dict[str, Any] | None) -> Rule:
    """Merge of a list of names or a mapping keyed by name; ``default`` is what a bare name stands for."""

    def rule(base: Any, over: Any, node: Node[Rule] | None, path: str) -> Any:
        return _mappings(_as_mapping(base, default, path), _as_mapping(over, default, path), node, path)

    return rule


def _as_mapping(value: Any, default: dict[str, Any] | None, path: str) -> dict[str, Any]:
    if value is None:
        return {}
    if type(value) is dict:
        return value
    if type(value) is list and all(type(name) is str for name in value):
        return {name: None if default is None else dict(default) for name in value}
    raise fault(path, "cannot be merged", "a mapping or a list of names")


def _build(base: Any, over: Any, node: Node[Rule] | None, path: str) -> Any:
    return _mappings(_as_build(base, path), _as_build(over, path), node, path)


def _as_build(value: Any, path: str) -> dict[str, Any]:
    if type(value) is str:
        return {"context": value}
    return _as_mapping(value if type(value) is not list else 0, None, path)


def _logging(base: Any, over: Any, node: Node[Rule] | None, path: str) -> Any:
    base, over = _as_mapping(base, None, path), _as_mapping(over, None, path)
    if "driver" not in base or "driver" not in over or base["driver"] == over["driver"]:
        return _mappings(base, over, node, path)
    return over


def _ipam_config(base: Any, over: Any, node: Node[Rule] | None, path: str) -> Any:
    """Pools with the same subnet merge; the others stand side by side."""
    if type(base) is not list or type(over) is not list:
        raise fault(path, "cannot be merged", "a list of pools")
    merged: list[dict[str, Any]] = []
    for pool in base:
        below = _as_mapping(pool, None, path)
        for other in over:
            above = _as_mapping(other, None, path)
            if above.get("subnet") != below.get("subnet") and not _has_subnet(merged, above):
                merged.append(above)
                continue
            _put_pool(merged, _mappings(below, above, None, path))
    return merged


def _has_subnet(pools: list[dict[str, Any]], pool: dict[str, Any]) -> bool:
    return any(known.get("subnet") == pool.get("subnet") for known in pools)


def _put_pool(pools: list[dict[str, Any]], pool: dict[str, Any]) -> None:
    for index, known in enumerate(pools):
        if known.get("subnet") == pool.get("subnet"):
            pools[index] = pool
            return
    pools.append(pool)


_STARTED = {"condition": "service_started", "required": True}

_SERVICE: dict[str, Rule] = {
    **dict.fromkeys(
        (
            "annotations", "build.args", "build.additional_contexts", "build.labels", "deploy.labels", "dns",
            "dns_opt", "dns_search", "env_file", "environment", "label_file", "labels", "sysctls", "tmpfs",
            "volumes.*.volume.labels",
        ),
        _sequence,
    ),
    **dict.fromkeys(("command", "entrypoint", "healthcheck.test", "ulimits.*"), _replace),
    "build": _build,
    "build.extra_hosts": _hosts,
    "depends_on": _keyed(_STARTED),
    "extra_hosts": _hosts,
    "logging": _logging,
    "models": _keyed(None),
    "networks": _keyed(None),
}  # fmt: skip

RULES: Node[Rule] = compile_rules(
    {
        "networks.*.ipam.config": _ipam_config,
        "networks.*.labels": _sequence,
        "volumes.*.labels": _sequence,
        **{f"services.*.{place}": rule for place, rule in _SERVICE.items()},
    }
)
