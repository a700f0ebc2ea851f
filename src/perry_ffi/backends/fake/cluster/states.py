"""What the cluster in memory tells of its services, tasks and nodes."""

from __future__ import annotations

from perry_ffi.backends.contract.service_definition import PortUse
from perry_ffi.backends.contract.service_records import NodeState, ServiceState, TaskState
from perry_ffi.backends.fake.cluster.records import Node, Service, Task


def service_state(service: Service) -> ServiceState:
    """As a list has it: ``running`` counts whatever is known to run, also what shall not any more, and nothing is told as completed,
    for an engine knows that of jobs only.
    """
    if service.view is None:
        definition = service.definition
        service.view = ServiceState(
            id=service.id, name=service.name, version=service.version, labels=dict(definition.labels),
            task_labels=dict(definition.container.labels), wanted=_wanted(service), running=service.running,
            everywhere=service.everywhere, image=definition.container.image, update=service.update,
            ports=tuple(_port(port) for port in definition.ports), published=definition.ports, created=service.created,
            kept={"definition": definition, "forced": service.forced},
        )  # fmt: skip
    return service.view


def task_state(task: Task) -> TaskState:
    definition = task.definition
    return TaskState(
        id=task.id, service=task.service.id, slot=task.key if isinstance(task.key, int) else 0, state=task.state,
        wanted=task.wanted, node=task.node.id if task.node else "", node_name=task.node.name if task.node else "",
        error=task.error, exit_code=task.exit_code, labels=dict(definition.container.labels), image=definition.container.image,
        container=task.container, has_check=task.has_check,
        ports=tuple(_port(port) for port in definition.ports if port.mode == "host"), created=task.created, changed=task.changed,
    )  # fmt: skip


def node_state(node: Node) -> NodeState:
    return NodeState(
        id=node.id, name=node.name, address=node.address, up=node.up, active=node.active and not node.draining,
        draining=node.draining, manager=node.manager, leader=node.leader, labels=dict(node.labels), platform=node.platform,
    )  # fmt: skip


def _wanted(service: Service) -> int:
    replicas = service.definition.replicas
    if replicas is not None:
        return replicas
    return sum(any(task.desired == "running" for task in tasks) for tasks in service.places.values())


def _port(port: PortUse) -> str:
    return f"{port.published}:{port.target}/{port.protocol}" if port.published else f"{port.target}/{port.protocol}"


__all__ = ["node_state", "service_state", "task_state"]
