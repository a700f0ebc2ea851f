"""Services that are to stop when nobody needs them any more (``keep: false``). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.workload.graph import Graph


class Release:
    """Who needs each such service and has yet to end: a job that is done, or another such service that has stopped, needs nothing.
    One that nobody needs stays, and so does one that a service needs which stays. Who waits for its end does not need it.
    """

    def __init__(self, graph: Graph) -> None:
        self._left: dict[str, set[str]] = {}
        self._services: dict[str, list[str]] = {}
        """By a dependent: the services that it needs."""
        for service, dependents in graph.dependents().items():
            node = graph.nodes[service]
            edges = [edge for edge in dependents if edge.condition not in ("failed", "completed")]
            if node.kind == "service" and not node.keep and edges:
                self._left[service] = {edge.node for edge in edges}
                for dependent in self._left[service]:
                    self._services.setdefault(dependent, []).append(service)

    def ended(self, name: str) -> list[str]:
        """The services that nobody needs any more now that ``name`` has ended for good."""
        needed = self._services.pop(name, [])
        for service in needed:
            self._left[service].discard(name)
        return [service for service in needed if self.unneeded(service)]

    def unneeded(self, service: str) -> bool:
        return service in self._left and not self._left[service]


__all__ = ["Release"]
