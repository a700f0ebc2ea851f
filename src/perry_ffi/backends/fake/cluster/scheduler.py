"""Which node a task goes to, or why none fits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from perry_ffi.backends.contract.service_definition import ServiceDefinition
from perry_ffi.backends.fake.cluster.records import Node, Service, Task

_CONSTRAINT = re.compile(r"\s*([\w.\-/]+)\s*(==|!=)\s*(.*?)\s*\Z")
DOWN = "not available for new tasks"


def choose(task: Task, nodes: Iterable[Node]) -> tuple[Node | None, str]:
    """The node for ``task``, the one with the fewest of its service and then of all; or none, and the engine's words why."""
    reasons: Counter[str] = Counter()
    fit: list[Node] = []
    for node in nodes:
        if isinstance(task.key, str) and node.id != task.key:
            continue
        reason = _hindrance(task, node)
        if reason:
            reasons[reason] += 1
        else:
            fit.append(node)
    if not fit:
        return None, _words(reasons)
    return min(fit, key=lambda node: (*_spread(task, node), task.service.on_node.get(node.id, 0), len(node.tasks), node.name)), ""


def eligible(definition: ServiceDefinition, node: Node) -> bool:
    """Whether a service that runs on each node runs on this one."""
    return node.takes_tasks and matches(definition, node) and _platform(definition, node)


def matches(definition: ServiceDefinition, node: Node) -> bool:
    """Whether ``node`` keeps all constraints."""
    return all(_keeps(text, node) for text in definition.placement.constraints)


def host_ports(definition: ServiceDefinition) -> list[tuple[int, str]]:
    """The ports of its node that a task needs for itself."""
    return [(port.published, port.protocol) for port in definition.ports if port.mode == "host" and port.published]


def needs(definition: ServiceDefinition) -> dict[str, float]:
    """What a task reserves, by the name of the resource."""
    wanted = definition.reservations
    found = {"cpus": wanted.cpus, "memory": float(wanted.memory), **{k: float(v) for k, v in wanted.generic.items()}}
    return {name: amount for name, amount in found.items() if amount}


def _hindrance(task: Task, node: Node) -> str:
    definition = task.definition
    if not node.takes_tasks:
        return DOWN
    if not matches(definition, node):
        return "scheduling constraints not satisfied"
    if not _platform(definition, node):
        return "unsupported platform"
    if any(port in node.ports for port in host_ports(definition)):
        return "host-mode port already in use"
    if any(node.reserved.get(name, 0.0) + amount > _has(node, name) for name, amount in needs(definition).items()):
        return "insufficient resources"
    bound = definition.placement.max_per_node
    if bound and task.service.on_node.get(node.id, 0) >= bound:
        return "max replicas per node limit exceed"
    return ""


def _has(node: Node, name: str) -> float:
    return {"cpus": node.cpus, "memory": float(node.memory)}.get(name, float(node.generic.get(name, 0)))


def _platform(definition: ServiceDefinition, node: Node) -> bool:
    return not definition.placement.platforms or node.platform in definition.placement.platforms


def _spread(task: Task, node: Node) -> list[int]:
    """For each label over whose values tasks are spread, how many of the service are on nodes with this one's value."""
    counts = []
    for name in task.definition.placement.spread:
        value = fact(name, node)
        counts.append(_with_value(task.service, name, value))
    return counts


def _with_value(service: Service, name: str, value: str) -> int:
    found = {task.node.id: task.node for tasks in service.places.values() for task in tasks if task.node and task.counted}
    return sum(service.on_node.get(node.id, 0) for node in found.values() if fact(name, node) == value)


def fact(name: str, node: Node) -> str:
    """What ``node`` is by a name of a constraint; empty where it has no such label."""
    if name.startswith("node.labels."):
        return node.labels.get(name.removeprefix("node.labels."), "")
    system, _, machine = node.platform.partition("/")
    known = {
        "node.id": node.id, "node.hostname": node.name, "node.role": "manager" if node.manager else "worker",
        "node.platform.os": system, "node.platform.arch": machine,
    }  # fmt: skip
    return known.get(name, "")


def _keeps(text: str, node: Node) -> bool:
    found = _CONSTRAINT.match(text)
    if found is None:
        return False
    name, sign, value = found.groups()
    return (fact(name, node).lower() == value.lower()) is (sign == "==")


def _words(reasons: Counter[str]) -> str:
    def nodes(count: int) -> str:
        return "1 node" if count == 1 else f"{count} nodes"

    parts = [f"{reason} on {nodes(count)}" for reason, count in sorted(reasons.items()) if reason != DOWN]
    if reasons[DOWN]:
        parts.append(f"{nodes(reasons[DOWN])} {DOWN}")
    return f"no suitable node ({'; '.join(parts)})" if parts else "no suitable node"


__all__ = ["choose", "eligible", "host_ports", "matches", "needs"]
