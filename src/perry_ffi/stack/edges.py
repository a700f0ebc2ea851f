"""Which services one is tied to, by its members alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Edge(NamedTuple):
    """A dependency: what of the other service is waited for."""

    condition: str = "service_started"
    required: bool = True
    restart: bool = False


class Awaited(NamedTuple):
    """What services wait for. ended: those whose end somebody waits for. healthy: those that somebody cannot do without being healthy."""

    ended: frozenset[str]
    healthy: frozenset[str]

    @classmethod
    def by(cls, services: Iterable[Mapping[str, Edge]]) -> Awaited:
        """services: what each depends on."""
        edges = [row for service in services for row in service.items()]
        return cls(
            frozenset(name for name, edge in edges if edge.condition == "service_completed_successfully"),
            frozenset(name for name, edge in edges if edge.condition == "service_healthy" and edge.required),
        )

    def is_done(self, service: str, completed: bool | None) -> bool:
        """Whether a container that ended with 0 has done what it was for. completed: by itself; ``None``: the engine does not tell.

        What somebody needs healthy is not meant to end, unless somebody else waits for just that.
        """
        if service in self.ended:
            return completed is not False
        return bool(completed) and service not in self.healthy


def service_edges(tree: Mapping[str, Any]) -> dict[str, Edge]:
    """The services that one depends on: by ``depends_on``, and by joining their namespaces, volumes or links."""
    edges = {
        name: Edge(row.get("condition", "service_started"), row.get("required", True), row.get("restart", False))
        for name, row in (tree.get("depends_on") or {}).items()
    }
    for member in ("network_mode", "ipc", "pid"):
        mode = tree.get(member) or ""
        if mode.startswith("service:"):
            edges.setdefault(mode.removeprefix("service:"), Edge())
    for row in [*(tree.get("volumes_from") or []), *(tree.get("links") or [])]:
        if not row.startswith("container:"):
            edges.setdefault(row.split(":")[0], Edge())
    return edges


def joined_services(tree: Mapping[str, Any]) -> list[str]:
    """The services whose containers those of one are created with: shared namespaces, and ``volumes_from``."""
    sources = [str(row) for row in tree.get("volumes_from") or []]
    return [*shared_namespaces(tree), *(row.split(":")[0] for row in sources if not row.startswith("container:"))]


def shared_namespaces(tree: Mapping[str, Any]) -> list[str]:
    """The services whose namespaces the containers of one are in: these end with each run of the other's container."""
    modes = [str(tree.get(member) or "") for member in ("network_mode", "ipc", "pid")]
    return list(dict.fromkeys(mode.removeprefix("service:") for mode in modes if mode.startswith("service:")))
