"""What a run of a graph would do, and why. Only reads, and also does without an engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from perry_ffi.errors import ContainerError
from perry_ffi.model.reference import is_image_id
from perry_ffi.stack import identity
from perry_ffi.workload import existing, refs
from perry_ffi.workload.decide import MISSING, Decision, decide
from perry_ffi.workload.drawing import edge_rows
from perry_ffi.workload.images import pull_policy, rules_of
from perry_ffi.workload.isolation import Isolation, choose
from perry_ffi.workload.made import Maker
from perry_ffi.workload.objects import Missing, look
from perry_ffi.workload.placement import Placement
from perry_ffi.workload.records import Record, status_of
from perry_ffi.workload.refusals import Honoured
from perry_ffi.workload.run import sandbox_host
from perry_ffi.workload.selection import only

if TYPE_CHECKING:
    from perry_ffi.backends.contract.sandbox_records import SandboxHost
    from perry_ffi.backends.rules.evaluation import Shortfall
    from perry_ffi.model.workload import RunGraphOptions
    from perry_ffi.model.workload_status import GraphPlan, NodeIsolation, PlanRow
    from perry_ffi.stack.context import StackContext
    from perry_ffi.workload.existing import Existing, Rows
    from perry_ffi.workload.graph import Graph, Node

ENGINE = "engine"
"""Under this the errors say why there is none, or why it does not answer."""


def static_plan(graph: Graph, options: RunGraphOptions, error: ContainerError | None = None) -> GraphPlan:
    """What is known without an engine. error: why there is none. Raises NotFound for an ``only`` that names no node."""
    part = only(graph, options.only)
    placement = Placement(part)
    missing = Missing(
        tuple((key, placement.network_name(key)) for key in placement.networks(part.nodes)),
        tuple((key, placement.volume_name(key)) for key in placement.volumes(part.nodes)),
    )
    found = _empty(graph)
    found["plan"] = PlanRows(part, options, missing, dict.fromkeys(part.nodes, Decision(None, "")), {}, {}, {}).rows
    if error is not None:
        found["errors"][ENGINE] = error.message
        found["healthy"] = False
    return found


async def plan_graph(
    context: StackContext, graph: Graph, options: RunGraphOptions, *, allow_shared_kernel: bool = False
) -> GraphPlan:
    """What ``run_graph`` would do. What would be refused of a node is in ``errors``, by its name.

    Raises Conflict, as the run would, and what the backend raises.
    """
    part, backend = only(graph, options.only), context.backend
    found = _empty(graph)
    placement = Placement(part)
    rows = await existing.read(backend, graph.name)
    missing = await look(backend, part, placement, part.nodes)
    found["warnings"] += missing.notes
    host = await sandbox_host(backend, part)
    honoured = Honoured(backend, part, placement, host)
    rules: dict[str, list[str] | None] = {}
    for name, node in part.nodes.items():
        try:
            chosen = choose(node, host, backend.name, allow_shared=allow_shared_kernel)
            left_out, refused = await honoured.of(node, chosen)
            found["isolation"][name] = _isolation(node, chosen, host, left_out)
            found["warnings"] += [str(one) for one in left_out]
            rules[name] = await rules_of(context, node)
            if refused is not None:
                raise refused
        except ContainerError as error:
            found["errors"][name] = error.message
    images = dict.fromkeys(node.spec.image or "" for node in part.nodes.values())
    known = {image: await backend.image_id(image) if image else None for image in images}
    maker = Maker(backend, part, placement, {}, "", "")
    found["plan"] = PlanRows(part, options, missing, decisions(part, options, rows, known, maker), rows, known, rules).rows
    found["healthy"] = not found["errors"]
    return found


def decisions(
    graph: Graph, options: RunGraphOptions, rows: Rows, images: Mapping[str, str | None], maker: Maker
) -> dict[str, Decision]:
    """What becomes of each node, as far as that is known before any has run. images: the id of each that the engine has."""
    found: dict[str, Decision] = {}
    fresh: set[str] = set()
    for level in graph.levels:
        for name in level:
            node = graph.nodes[name]
            inputs = {edge.target for edge in node.edges} & fresh
            found[name] = _decision(node, options, rows, images, maker, inputs)
            if found[name].row is None or inputs:
                fresh.add(name)
    return found


def _decision(
    node: Node, options: RunGraphOptions, rows: Rows, images: Mapping[str, str | None], maker: Maker, fresh: set[str]
) -> Decision:
    own, image = rows.get(node.name, ()), node.spec.image or ""
    if not own:
        return Decision(None, MISSING)
    if (images[image] is None or pull_policy(node, options.pull) == "always") and not is_image_id(image):
        return Decision(None, "its image is pulled anew")
    decision = decide(node, own, digest=maker.digest(node), image_id=images[image], refs=None, fresh=fresh, resume=options.resume)
    changed = sorted(fresh.intersection(ref.node for _, ref in refs.placed(node.spec) if refs.is_late(ref)))
    if decision.row is not None and changed:
        return Decision(None, f"input of {', '.join(changed)} changes")
    return decision


def _empty(graph: Graph) -> GraphPlan:
    status = status_of({name: Record(node) for name, node in graph.nodes.items()})
    return {
        **status,
        "healthy": True,
        "name": graph.name,
        "edges": edge_rows(edge for node in graph.nodes.values() for edge in node.edges),
        "levels": [list(level) for level in graph.levels],
        "plan": [],
        "isolation": {name: _isolation(node) for name, node in graph.nodes.items()},
        "warnings": list(graph.warnings),
    }


def _isolation(
    node: Node, chosen: Isolation | None = None, host: SandboxHost | None = None, left_out: Sequence[Shortfall] = ()
) -> NodeIsolation:
    asked = node.enforcement
    not_enforced = {one.member.removeprefix(f"nodes.{node.name}."): one.reason for one in left_out}
    if chosen and chosen.shared:
        not_enforced["isolation"] = "it shares the host's kernel, for that is allowed and no other is to be had"
    return {
        "tier": asked.tier,
        "wanted": asked.wanted,
        "runtime": (chosen.runtime or (host.default if host else None)) if chosen else None,
        "level": chosen.level if chosen else None,
        "notEnforced": not_enforced,
    }


class PlanRows:
    """The steps of a run, each after those it needs. images: the id of each that the engine has; empty where there is no engine.

    rules: by node, those that its image has to satisfy.
    """

    def __init__(
        self, graph: Graph, options: RunGraphOptions, missing: Missing, decided: Mapping[str, Decision], existing: Rows,
        images: Mapping[str, str | None], rules: Mapping[str, list[str] | None],
    ) -> None:  # fmt: skip
        self._graph = graph
        self._options = options
        self._decided = decided
        self._existing = existing
        self._images = images
        self._rules = rules
        self.rows: list[PlanRow] = []
        self._fetched: dict[str, int] = {}
        self._ready: dict[str, int] = {}
        """By node, the step after which its edges may hold."""
        for _, name in missing.networks:
            self._add("create network", name, "missing", None)
        for _, name in missing.volumes:
            self._add("create volume", name, "missing", None)
        self._objects = [row["step"] for row in self.rows]
        for level in graph.levels:
            for name in level:
                self._node(graph.nodes[name])
        for name in (name for level in graph.levels for name in level):
            self._removals(existing.get(name, ()))

    def _add(self, action: str, target: str, cause: str, node: str | None, after: Iterable[int | None] = ()) -> int:
        step = len(self.rows) + 1
        needs = sorted({number for number in after if number is not None})
        self.rows.append({"step": step, "action": action, "target": target, "cause": cause, "node": node, "after": needs})
        return step

    def _node(self, node: Node) -> None:
        name, decision = node.name, self._decided[node.name]
        before = [self._ready[edge.target] for edge in node.edges if edge.target in self._ready]
        if decision.row is not None:
            last = self._add("keep container", decision.row.name, decision.cause, name, before)
            if node.kind == "service" and not decision.row.live:
                last = self._add("start container", decision.row.name, decision.cause, name, [last])
            self._ready[name] = last
            return
        container = identity.container_name(self._graph.name, name, 1)
        fetched = self._image(node)
        needs = [*self._objects, fetched, *(before if node.late or self._existing.get(name) else [])]
        created = self._add("create container", container, decision.cause or "a node of the graph", name, needs)
        if node.kind == "job":
            self._ready[name] = self._add("run job", container, _edges(node), name, [created, *before])
            return
        started = self._add("start container", container, _edges(node), name, [created, *before])
        self._ready[name] = self._add("wait", container, _until(node), name, [started])

    def _image(self, node: Node) -> int | None:
        """The step after which the engine has a node's image, and it may be used."""
        image, last = node.spec.image or "", None
        policy = pull_policy(node, self._options.pull)
        if image in self._fetched:
            last = self._fetched[image]
        elif not is_image_id(image) and policy != "never" and (policy == "always" or not self._images.get(image)):
            known = "to be pulled at each run" if policy == "always" else "missing" if self._images else "where it is missing"
            last = self._fetched[image] = self._add("pull image", image, known, node.name)
        if (rules := self._rules.get(node.name)) is None:
            return last
        cause = "rule " + "; ".join(rules) if rules else "it is named by its id"
        return self._add("verify image", image, cause, node.name, [last])

    def _removals(self, rows: Sequence[Existing]) -> None:
        for row in rows:
            decision = self._decided.get(row.node)
            if decision is not None and (decision.row is None or decision.row.id != row.id):
                cause = "left over" if decision.row is not None else f"replaced: {decision.cause}"
                self._add("remove container", row.name, cause, row.node, [self._ready[row.node]])


def _edges(node: Node) -> str:
    return ", ".join(f"{edge.target} {edge.condition}" for edge in node.edges) or "it waits for nobody"


def _until(node: Node) -> str:
    if node.ready is not None and node.ready.log is not None:
        return f"until it says {node.ready.log!r}"
    return "until it is healthy" if node.spec.healthcheck else "until it is ready"
