"""The hash of a node: equal ones need no new container. Pure."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from perry_ffi.model.base import Model
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.workload_values import Ref, Text
from perry_ffi.stack.shape import text
from perry_ffi.workload import refs
from perry_ffi.workload.policy import changes

if TYPE_CHECKING:
    from perry_ffi.model.workload_values import Value
    from perry_ffi.workload.graph import Graph, Node

_NOT_CONFIGURATION = frozenset(("name", "pull_policy", "rm", "verify", "isolation_level", "runtime", "networks", "network"))
"""Of a ContainerSpec: what is no property of the container, and what is said in another way below."""
_UNORDERED = frozenset(
    ("ports", "cap_add", "cap_drop", "devices", "extra_hosts", "security_opt", "aliases", "ulimits", "volumes")
)
"""Lists whose order means nothing to an engine."""
_NO_NAMES: Mapping[str, str] = {}
_SCALARS = frozenset((str, int, float, bool, type(None)))
_PROFILE = "the library's"


def node_hash(graph: Graph, node: Node, *, networks: Iterable[Any] = (), volumes: Mapping[str, str] = _NO_NAMES) -> str:
    """Of what the engine is asked for, after the policy; the image by its reference, whose id is looked at beside it.

    networks: what it is attached to, under the engine's names. volumes: the engine's name of each of the graph's. What is known
    when planned counts as it is, for a port of another node may change; what is late counts as the reference, and its value by a
    digest of its own.
    """
    spec = node.spec
    said: dict[str, Any] = {name: value for name in _members() if (value := getattr(spec, name)) != _default(name)}
    said |= {
        "cpus": spec.cpus if spec.cpus is not None else spec.resources.cpu,
        "memory": spec.memory if spec.memory is not None else spec.resources.memory,
        "expose": sorted(spec.expose),
        "env": {name: _value(graph, value) for name, value in spec.env.items()},
        **{name: _values(graph, getattr(spec, name)) for name in ("cmd", "entrypoint")},
        "volumes": [_mount(mount, volumes) for mount in spec.volumes],
        **changes(spec, node.enforcement, profile=_PROFILE),
        "networks": [_plain(row) for row in networks],
        "network": "none" if node.enforcement.no_network else spec.network,
        "runtime": [spec.runtime if isinstance(spec.runtime, str) else None, node.enforcement.wanted],
    }
    kept = {name: _sorted(name, _plain(value)) for name, value in said.items() if value is not None}
    return hashlib.sha256(text([node.kind, kept]).encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _members() -> tuple[str, ...]:
    return tuple(name for name in ContainerSpec.model_fields if name not in _NOT_CONFIGURATION)


@cache
def _default(name: str) -> Any:
    return ContainerSpec.model_fields[name].get_default()


def _sorted(name: str, value: Any) -> Any:
    return sorted(value, key=text) if name in _UNORDERED and isinstance(value, list) and len(value) > 1 else value


def _mount(mount: Any, volumes: Mapping[str, str]) -> Any:
    named = mount.type == "volume" and mount.source in volumes
    return dataclasses.replace(mount, source=volumes[mount.source]) if named else mount


def _values(graph: Graph, values: list[Value] | None) -> list[Any] | None:
    """An empty entrypoint clears the image's, which is another thing than none."""
    return None if values is None else [len(values), *(_value(graph, value) for value in values)]


def _value(graph: Graph, value: Value) -> Any:
    found = refs.static(graph, value)
    if not isinstance(found, Text):
        return found
    return [_plain(refs.with_port(graph, part)) if isinstance(part, Ref) else part for part in found.parts]


def _plain(value: Any) -> Any:
    """Values of a spec as JSON has them."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is list or kind is tuple:
        return [_plain(item) for item in value]
    if kind is dict:
        return {str(key): _plain(item) for key, item in value.items()}
    if members := getattr(kind, "__dataclass_fields__", None):
        return {name: _plain(getattr(value, name)) for name in members}
    return value.model_dump(exclude_none=True) if isinstance(value, Model) else str(value)


__all__ = ["node_hash"]
