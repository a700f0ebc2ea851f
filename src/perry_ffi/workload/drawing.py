"""A graph as programs and people draw it: its edges as rows, in Graphviz' language, and in Mermaid's. Pure.

Boxes are jobs, round ones services; a dashed arrow leads to what is not required.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.model.workload_status import EdgeRow, GraphDocument
    from perry_ffi.workload.graph import Edge, Kind


def graph_document(name: str, kinds: Mapping[str, Kind], edges: Iterable[Edge]) -> GraphDocument:
    """kinds: of every node. edges: all of them; one to a node that is not there is drawn as well."""
    rows = list(edges)
    return {
        "nodes": list(kinds),
        "edges": edge_rows(rows),
        "dot": dot(name, kinds, rows),
        "mermaid": mermaid(kinds, rows),
    }


def edge_rows(edges: Iterable[Edge]) -> list[EdgeRow]:
    return [
        {
            "from": edge.node,
            "to": edge.target,
            "condition": edge.condition,
            "required": edge.required,
            "origin": list(edge.origin),
        }
        for edge in edges
    ]


def dot(name: str, kinds: Mapping[str, Kind], edges: Iterable[Edge]) -> str:
    lines = [f"digraph {_dot(name)} {{", "  rankdir=LR;", "  node [fontname=sans];"]
    lines += (f"  {_dot(node)} [shape={'box' if kind == 'job' else 'ellipse'}];" for node, kind in kinds.items())
    for edge in edges:
        style = "" if edge.required else ", style=dashed"
        lines.append(f"  {_dot(edge.node)} -> {_dot(edge.target)} [label={_dot(edge.condition)}{style}];")
    return "\n".join([*lines, "}", ""])


def _dot(text: str) -> str:
    """A quoted name: what a backslash means depends on what follows, so it is doubled; a line ends nowhere but at its end."""
    return '"' + _line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def mermaid(kinds: Mapping[str, Kind], edges: Iterable[Edge]) -> str:
    """Nodes have numbers, for a name may be a word of the language (``end``)."""
    rows = list(edges)
    names = dict.fromkeys([*kinds, *(name for edge in rows for name in (edge.node, edge.target))])
    number = {name: f"n{index}" for index, name in enumerate(names)}
    lines = ["flowchart LR"]
    for name in names:
        opening, closing = ("[", "]") if kinds.get(name) == "job" else ("(", ")")
        lines.append(f"  {number[name]}{opening}{_mermaid(name)}{closing}")
    for edge in rows:
        arrow = "-->" if edge.required else "-.->"
        lines.append(f"  {number[edge.node]} {arrow}|{edge.condition}| {number[edge.target]}")
    return "\n".join([*lines, ""])


def _mermaid(text: str) -> str:
    """A quoted text: there are no escapes but entities."""
    plain = _line(text)
    return '"' + "".join(f"#{ord(char)};" if char in '#"&<>;`' else char for char in plain) + '"'


def _line(text: str) -> str:
    return text if text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)


__all__ = ["dot", "edge_rows", "graph_document", "mermaid"]
