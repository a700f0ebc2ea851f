"""A graph of services as a tree, as DOT, and as Mermaid. Names of files are text there, whatever is in them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from perry_ffi.service.graph import Graph, GraphEdge, GraphService

_CONDITIONS = {"service_started": "started", "service_healthy": "healthy", "service_completed_successfully": "completed"}


class Shown:
    """Which of the parts of services are shown."""

    __slots__ = ("images", "networks", "ports")

    def __init__(self, *, images: bool = False, networks: bool = False, ports: bool = False) -> None:
        self.images, self.networks, self.ports = images, networks, ports

    def of(self, service: GraphService, *, networks: bool = False) -> list[str]:
        """The parts of one service. networks: also these, where they are not drawn by themselves."""
        found = [f"{service['replicas']} containers"] if service["replicas"] != 1 else []
        found += [service["image"]] if self.images else []
        found += service["ports"] if self.ports else []
        return found + (service["networks"] if networks and self.networks else [])


def edge_words(edge: GraphEdge) -> str:
    """On what one waits, in words."""
    words = [_CONDITIONS.get(edge["condition"], edge["condition"])]
    words += [] if edge["required"] else ["not required"]
    return ", ".join(words + (["restarts with it"] if edge["restart"] else []))


# -- a tree -------------------------------------------------------------------------------------------


def tree(graph: Graph, shown: Shown) -> Iterator[str]:
    """Those that nobody depends on, each with what it depends on below it; what stands there already is not repeated."""
    services = {row["name"]: row for row in graph["services"]}
    below: dict[str, list[GraphEdge]] = {}
    for edge in graph["edges"]:
        below.setdefault(edge["from"], []).append(edge)
    needed = {edge["to"] for edge in graph["edges"]}
    told: set[str] = set()
    for name in [name for name in services if name not in needed] or list(services)[:1]:
        yield name + _parts(services, name, shown)
        yield from _below(services, below, name, "", shown, told)


def _below(
    services: Mapping[str, GraphService],
    below: Mapping[str, list[GraphEdge]],
    name: str,
    indent: str,
    shown: Shown,
    told: set[str],
) -> Iterator[str]:
    told.add(name)
    edges = below.get(name, [])
    for edge in edges:
        last, other = edge is edges[-1], edge["to"]
        again = other in told and bool(below.get(other))
        yield f"{indent}{'└─' if last else '├─'} {other} ({edge_words(edge)}){_parts(services, other, shown)}{' ↑' if again else ''}"
        if not again:
            yield from _below(services, below, other, indent + ("   " if last else "│  "), shown, told)


def _parts(services: Mapping[str, GraphService], name: str, shown: Shown) -> str:
    if name not in services:
        return "  [not enabled]"
    parts = shown.of(services[name], networks=True)
    return f"  [{', '.join(parts)}]" if parts else ""


# -- for programs that draw ---------------------------------------------------------------------------


def dot(graph: Graph, shown: Shown) -> Iterator[str]:
    """For Graphviz."""
    yield f"digraph {_quoted(graph['project'])} {{"
    yield "  rankdir=LR; node [shape=box];"
    for row in graph["services"]:
        yield f"  {_quoted(row['name'])} [label={_quoted(chr(10).join([row['name'], *shown.of(row)]))}];"
    for edge in graph["edges"]:
        style = "" if edge["required"] else ", style=dashed"
        yield f"  {_quoted(edge['from'])} -> {_quoted(edge['to'])} [label={_quoted(edge_words(edge))}{style}];"
    for network in dict.fromkeys(network for _, network in _on_networks(graph, shown)):
        yield f"  {_quoted('network ' + network)} [label={_quoted(network)}, shape=ellipse];"
    for service, network in _on_networks(graph, shown):
        yield f"  {_quoted(service)} -> {_quoted('network ' + network)} [dir=none, style=dotted];"
    yield "}"


def mermaid(graph: Graph, shown: Shown) -> Iterator[str]:
    """For Mermaid."""
    names = [row["name"] for row in graph["services"]]
    idents = {name: f"s{number}" for number, name in enumerate(dict.fromkeys([*names, *(edge["to"] for edge in graph["edges"])]))}
    services = {row["name"]: row for row in graph["services"]}
    yield "flowchart LR"
    for name, ident in idents.items():
        parts = shown.of(services[name]) if name in services else ["not enabled"]
        yield f'  {ident}["{"<br/>".join(map(_entities, [name, *parts]))}"]'
    for edge in graph["edges"]:
        arrow = "-->" if edge["required"] else "-.->"
        yield f'  {idents[edge["from"]]} {arrow}|"{_entities(edge_words(edge))}"| {idents[edge["to"]]}'
    networks: dict[str, str] = {}
    for service, network in _on_networks(graph, shown):
        if network not in networks:
            networks[network] = f"n{len(networks)}"
            yield f'  {networks[network]}(["{_entities(network)}"])'
        yield f"  {idents[service]} -.- {networks[network]}"


def _on_networks(graph: Graph, shown: Shown) -> Iterator[tuple[str, str]]:
    if shown.networks:
        yield from ((row["name"], network) for row in graph["services"] for network in row["networks"])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _entities(text: str) -> str:
    return "".join(char if char.isalnum() or char in " ._-/:,()" else f"#{ord(char)};" for char in text)
