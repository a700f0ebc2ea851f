"""The services of a project and who depends on whom, read from its model alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project


class GraphService(TypedDict):
    """ports: ``8080->80/tcp``, or ``80/tcp`` where it is not published. networks: by their names in the engine."""

    name: str
    image: str
    replicas: int
    ports: list[str]
    networks: list[str]


GraphEdge = TypedDict("GraphEdge", {"from": str, "to": str, "condition": str, "required": bool, "restart": bool})
"""That one depends on another; ``to`` may be a service that is not enabled."""


class Graph(TypedDict):
    """Both in the order of their names."""

    project: str
    services: list[GraphService]
    edges: list[GraphEdge]


def graph(project: Project) -> Graph:
    """Of the enabled services; by ``depends_on``, and by what shares namespaces, volumes or links."""
    from perry_ffi.stack.edges import service_edges
    from perry_ffi.stack.translate.build import image_name

    document = project.to_dict()
    services = [_service(project, document, name, image_name(document, name)) for name in sorted(project.services)]
    edges: list[GraphEdge] = [
        {"from": name, "to": other, "condition": edge.condition, "required": edge.required, "restart": edge.restart}
        for name in sorted(project.services)
        for other, edge in sorted(service_edges(project.services[name]).items())
    ]
    return {"project": project.name, "services": services, "edges": edges}


def _service(project: Project, document: dict[str, Any], name: str, image: str) -> GraphService:
    tree = document["services"][name]
    networks = {key: (project.networks.get(key) or {}).get("name") or key for key in tree.get("networks") or {}}
    ports = [_port(row) for row in tree.get("ports") or []]
    return {
        "name": name, "image": image, "replicas": project.replicas(name), "ports": ports, "networks": sorted(networks.values()),
    }  # fmt: skip


def _port(row: dict[str, Any]) -> str:
    ahead = f"{row['host_ip']}:" if row.get("host_ip") else ""
    published = f"{ahead}{row['published']}->" if row.get("published") else ""
    return f"{published}{row.get('target')}/{row.get('protocol', 'tcp')}"
