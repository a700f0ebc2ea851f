"""The labels of a graph's containers: what another process needs to tell the graph's state, and to go on with it.

Beside those of a project (``stack.identity``), so that everything that knows projects knows graphs: the project is the graph, the
service the node, the number the try. No value of a node is in one, and of late values and outputs only digests.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast, get_args

from perry_ffi.model.workload_values import CONDITIONS, TIERS, Condition, Tier
from perry_ffi.stack import identity
from perry_ffi.stack.shape import text
from perry_ffi.workload.graph import Edge, Kind, Origin

if TYPE_CHECKING:
    from perry_ffi.workload.graph import Graph, Node

OURS = "perry.workload."
GRAPH = OURS + "name"
NODE = OURS + "node"
TIER = OURS + "policyTier"
KIND = OURS + "kind"
OUTPUTS = OURS + "outputs"
"""A digest of how the outputs are declared."""
REFS = OURS + "refs"
"""``node:digest`` for each node whose late values were put in, with commas."""
EDGES = OURS + "edges"
"""``target:condition:required:origins`` for each edge, with commas; ``optional`` in place of required, ``+`` between origins."""
ATTEMPTS = OURS + "attempts"
"""How many tries there may be."""
KEEP = OURS + "keep"
NODES = OURS + "nodes"
"""``name:kind`` for each node of the run, with commas: those that have no container yet are known by it. ``?`` behind one that is
there for a failure, and so may well have none."""
ISOLATION = OURS + "isolation"
"""The level that it was made with; ``shared`` for one that should have had a kernel of its own, and was allowed to do without."""

_COMPOSE: Mapping[Condition, str] = {
    "started": "service_started", "ready": "service_started", "failed": "service_started", "healthy": "service_healthy",
    "succeeded": "service_completed_successfully", "completed": "service_completed_successfully",
}  # fmt: skip
"""What comes closest to a condition for tools that know projects."""
_DIGITS = 16


@dataclass(frozen=True)
class Labelled:
    """What the labels of one container tell. edges: what its node waits for; the rest as the labels."""

    graph: str
    node: str
    attempt: int
    kind: Kind
    tier: Tier = "default"
    attempts: int = 1
    keep: bool = True
    edges: tuple[Edge, ...] = ()
    outputs: str = ""
    refs: Mapping[str, str] = field(default_factory=dict)
    isolation: str = ""
    nodes: Mapping[str, Kind] = field(default_factory=dict)
    spare: frozenset[str] = frozenset()
    """Those of ``nodes`` that are there for a failure."""


def node_labels(
    graph: Graph, node: Node, number: int, *, digest: str, image_id: str, refs: Mapping[str, str], transaction: str,
    isolation: str = "", nodes: str = "",
) -> dict[str, str]:  # fmt: skip
    """All the labels of the container of one try. digest: of ``node_hash``. refs: of ``refs.digests``. transaction: of the run.
    nodes: of ``nodes_label``, which is the same for all of a run.
    """
    depends_on = {edge.target: {"condition": _COMPOSE[edge.condition]} for edge in node.edges}
    return {
        **identity.container_labels(
            graph.name, node.name, number, digest=digest, image_id=image_id, depends_on=depends_on, transaction=transaction
        ),
        GRAPH: graph.name,
        NODE: node.name,
        TIER: node.enforcement.tier,
        KIND: node.kind,
        ATTEMPTS: str(node.attempts),
        KEEP: str(node.keep).lower(),
        EDGES: edges_label(node.edges),
        OUTPUTS: outputs_digest(node),
        REFS: ",".join(f"{name}:{value}" for name, value in sorted(refs.items())),
        ISOLATION: isolation,
        NODES: nodes,
    }


def outputs_digest(node: Node) -> str:
    """Whether outputs are still read in the same way; empty where there are none."""
    if not node.outputs:
        return ""
    said = {name: [row.source, row.path, row.json_] for name, row in node.outputs.items()}
    return hashlib.sha256(text(said).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def edges_label(edges: Iterable[Edge]) -> str:
    return ",".join(
        f"{edge.target}:{edge.condition}:{'required' if edge.required else 'optional'}:{'+'.join(edge.origin)}" for edge in edges
    )


def read_edges(node: str, label: str) -> tuple[Edge, ...]:
    """What cannot be read is left out: anybody may label a container."""
    found = []
    for row in label.split(","):
        target, condition, required, origins = [*row.split(":"), "", "", ""][:4]
        if target and condition in CONDITIONS:
            known = tuple(cast("Origin", name) for name in origins.split("+") if name in get_args(Origin))
            found.append(Edge(node, target, cast("Condition", condition), required != "optional", known))
    return tuple(found)


def nodes_label(graph: Graph) -> str:
    spare: set[str] = set()
    for name in (name for level in graph.levels for name in level):
        if any(edge.condition == "failed" or edge.target in spare for edge in graph.nodes[name].edges if edge.required):
            spare.add(name)
    return ",".join(f"{name}:{node.kind}{'?' if name in spare else ''}" for name, node in graph.nodes.items())


def read_nodes(label: str) -> tuple[dict[str, Kind], frozenset[str]]:
    """The nodes, and those of them that are there for a failure. What cannot be read is left out."""
    rows = (row.partition(":") for row in label.split(","))
    told = {name: kind for name, _, kind in rows if name and kind.removesuffix("?") in get_args(Kind)}
    kinds = {name: cast("Kind", kind.removesuffix("?")) for name, kind in told.items()}
    return kinds, frozenset(name for name, kind in told.items() if kind.endswith("?"))


def read_refs(labels: Mapping[str, str]) -> dict[str, str]:
    """Digests by node."""
    rows = (row.partition(":") for row in labels.get(REFS, "").split(","))
    return {name: value for name, sign, value in rows if name and sign}


def read(labels: Mapping[str, str]) -> Labelled | None:
    """What a container's labels tell of a graph; None where they tell of none."""
    graph, node = labels.get(GRAPH), labels.get(NODE)
    if not graph or not node or not identity.is_of(labels, graph) or identity.label(labels, identity.SERVICE) != node:
        return None
    kind, tier, attempts = labels.get(KIND, ""), labels.get(TIER, ""), labels.get(ATTEMPTS, "")
    nodes, spare = read_nodes(labels.get(NODES, ""))
    return Labelled(
        graph, node, identity.number_of(labels),
        kind="job" if kind == "job" else "service",
        tier=cast("Tier", tier) if tier in TIERS else "default",
        attempts=int(attempts) if re.fullmatch(r"[0-9]{1,9}", attempts) else 1,
        keep=labels.get(KEEP) != "false",
        edges=read_edges(node, labels.get(EDGES, "")),
        outputs=labels.get(OUTPUTS, ""),
        refs=read_refs(labels),
        isolation=labels.get(ISOLATION, ""),
        nodes=nodes,
        spare=spare,
    )  # fmt: skip


__all__ = [
    "ATTEMPTS", "EDGES", "GRAPH", "ISOLATION", "KEEP", "KIND", "NODE", "NODES", "OURS", "OUTPUTS", "REFS", "TIER", "Labelled", "edges_label",
    "node_labels", "nodes_label", "outputs_digest", "read", "read_edges", "read_nodes", "read_refs",
]  # fmt: skip
