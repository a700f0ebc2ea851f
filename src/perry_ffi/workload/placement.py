"""Which networks each node is on, and what a graph's networks and volumes are called in the engine. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from perry_ffi.model.container_values import Attachment, is_built_in
from perry_ffi.stack.translate.names import object_name
from perry_ffi.workload.sections import DEFAULT, INNER

if TYPE_CHECKING:
    from perry_ffi.model.mounts import Mount
    from perry_ffi.workload.graph import Graph, Node


@dataclass(frozen=True)
class Place:
    """Where one node is. keys: those of the graph's networks that it is on. attachments: all of them, by their names in the engine.

    mode: what it has instead (``none``, ``host``).
    """

    keys: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    mode: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.attachments)


class Placement:
    """Of one graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.document: dict[str, Any] = {
            "name": graph.name,
            "networks": {DEFAULT: {}, INNER: {"internal": True}, **{key: row or {} for key, row in graph.networks.items()}},
            "volumes": {key: row or {} for key, row in graph.volumes.items()},
        }
        """The networks and volumes, as a Compose document has them."""
        self._inner = _inner(graph)

    @cached_property
    def of(self) -> Mapping[str, Place]:
        """By the name of each node."""
        return {name: self._place(node) for name, node in self._graph.nodes.items()}

    def networks(self, nodes: Mapping[str, Node]) -> list[str]:
        """The keys of those that ``nodes`` need, in the order of the document."""
        used = {key for name in nodes for key in self.of[name].keys}
        return [key for key in self.document["networks"] if key in used]

    def volumes(self, nodes: Mapping[str, Node]) -> list[str]:
        """The keys of the graph's volumes that ``nodes`` mount."""
        used = {mount.source for node in nodes.values() for mount in node.spec.volumes if mount.type == "volume"}
        return [key for key in self.document["volumes"] if key in used]

    def network_name(self, key: str) -> str:
        return object_name(self.document, "networks", key)

    def volume_name(self, key: str) -> str:
        return object_name(self.document, "volumes", key)

    def mounts(self, node: Node) -> list[Mount]:
        """Its mounts, with the graph's volumes by their names in the engine."""
        own = self.document["volumes"]
        return [
            replace(mount, source=self.volume_name(mount.source)) if mount.type == "volume" and mount.source in own else mount
            for mount in node.spec.volumes
        ]

    def shared(self, one: str, other: str) -> list[str]:
        """The names of the networks that both are on."""
        return [name for name in self.of[one].names if name in self.of[other].names]

    # -- one node -----------------------------------------------------------------------------------------

    def _place(self, node: Node) -> Place:
        if node.enforcement.no_network:
            return Place(mode="none")
        asked = _asked(node)
        if not node.enforcement.egress:
            return self._on((INNER,), node, {})
        if node.spec.network and is_built_in(node.spec.network):
            return Place(mode=node.spec.network)
        inner = (INNER,) if node.name in self._inner else ()
        return self._on((*(asked or (DEFAULT,)), *inner), node, asked)

    def _on(self, keys: tuple[str, ...], node: Node, asked: Mapping[str, Attachment]) -> Place:
        own = self.document["networks"]
        rows = []
        for key in dict.fromkeys(keys):
            given = asked.get(key) or Attachment(key)
            aliases = tuple(dict.fromkeys((node.name, *given.aliases, *node.spec.aliases)))
            rows.append(replace(given, name=self.network_name(key) if key in own else key, aliases=aliases))
        return Place(tuple(key for key in dict.fromkeys(keys) if key in own), tuple(rows))


def _asked(node: Node) -> dict[str, Attachment]:
    found = {one.name: one for one in node.spec.networks}
    if node.spec.network and not is_built_in(node.spec.network):
        found.setdefault(node.spec.network, Attachment(node.spec.network))
    return found


def _inner(graph: Graph) -> set[str]:
    """The nodes that have to do with one which is on the inner network alone."""
    closed = {name for name, node in graph.nodes.items() if not node.enforcement.egress}
    found = set(closed)
    for node in graph.nodes.values():
        for edge in node.edges:
            if edge.target in closed:
                found.add(node.name)
            if node.name in closed:
                found.add(edge.target)
    return found
