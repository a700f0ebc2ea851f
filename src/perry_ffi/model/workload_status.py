"""What programs hear of a workload graph: plain JSON objects. Nothing is checked: the values are the library's own."""

from __future__ import annotations

from typing import Literal, TypedDict

Phase = Literal[
    "pending", "waiting", "pulling", "creating", "starting", "running", "ready", "retrying", "succeeded", "failed", "skipped",
    "cancelled", "stopped", "rolledBack",
]  # fmt: skip
NodeState = Literal["running", "stopped", "failed", "pending", "unknown"]
"""Perry's words for the same."""


class NodeDetails(TypedDict):
    """One node. attempts: how many there may be. waitingFor: the edges that do not hold yet, as ``db (ready)``.

    startedAt, finishedAt: seconds since 1970. isolation: what it really has (container, gvisor, microvm). reused: it is left from
    a run before.
    """

    phase: Phase
    kind: Literal["service", "job"]
    attempt: int
    attempts: int
    container: str | None
    exitCode: int | None
    oomKilled: bool | None
    reason: str | None
    waitingFor: list[str]
    startedAt: float | None
    finishedAt: float | None
    isolation: str | None
    reused: bool


class GraphStatus(TypedDict):
    """A graph that runs. errors: by node, of those that failed."""

    nodes: dict[str, NodeState]
    healthy: bool
    errors: dict[str, str]
    phases: dict[str, Phase]
    details: dict[str, NodeDetails]


class NodeInfo(TypedDict):
    """One container of a graph."""

    nodeId: str
    name: str
    containerId: str
    state: NodeState
    image: str
    phase: str
    attempt: int
    exitCode: int | None
    health: str | None
    ipAddress: str | None
    ports: list[str]


EdgeRow = TypedDict(
    "EdgeRow", {"from": str, "to": str, "condition": str, "required": bool, "origin": list[str]},
)  # fmt: skip
"""``from`` depends on ``to``. origin: what says so (depends_on, edge, ref)."""


class PlanRow(TypedDict):
    step: int
    action: str
    target: str
    cause: str
    node: str | None
    after: list[int]


class NodeIsolation(TypedDict):
    """What a node asks for, what it would run in (``None``: nobody knows, or nothing is enough), and what is not enforced, with the reason."""

    tier: str
    wanted: str
    runtime: str | None
    level: str | None
    notEnforced: dict[str, str]


class GraphPlan(GraphStatus):
    """What a run of a graph would do. Nothing of it has been done: all nodes are pending."""

    name: str
    edges: list[EdgeRow]
    levels: list[list[str]]
    plan: list[PlanRow]
    isolation: dict[str, NodeIsolation]
    warnings: list[str]


class GraphDocument(TypedDict):
    """The dependency graph: who depends on whom, and the same in the languages of Graphviz and Mermaid."""

    nodes: list[str]
    edges: list[EdgeRow]
    dot: str
    mermaid: str
