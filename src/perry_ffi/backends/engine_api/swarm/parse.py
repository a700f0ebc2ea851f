"""From Swarm's answers to the contract's records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from perry_ffi.backends.contract.service_definition import PortUse
from perry_ffi.backends.contract.service_records import (
    ClusterObject,
    NodeState,
    ResolvedImage,
    ServiceChange,
    ServiceState,
    TaskKind,
    TaskState,
    UpdateKind,
    UpdateState,
)
from perry_ffi.backends.engine_api.responses.fields import listing, mapping, moment, reads, texts

_UPDATES: Mapping[str, UpdateKind] = {
    "updating": "updating",
    "paused": "paused",
    "completed": "completed",
    "rollback_started": "rolling_back",
    "rollback_paused": "rollback_paused",
    "rollback_completed": "rolled_back",
}
_TASKS: Mapping[str, TaskKind] = {
    "new": "new",
    "allocated": "pending",
    "pending": "pending",
    "assigned": "preparing",
    "accepted": "preparing",
    "preparing": "preparing",
    "ready": "preparing",
    "starting": "starting",
    "running": "running",
    "complete": "complete",
    "failed": "failed",
    "rejected": "rejected",
    "shutdown": "stopped",
    "remove": "stopped",
    "orphaned": "lost",
}
_UNWANTED = ("shutdown", "failed", "rejected", "remove", "orphaned", "complete")
_OVER = ("complete", "failed", "rejected", "shutdown", "remove", "orphaned")
_ACTIONS = {"create": "create", "update": "update", "remove": "remove"}
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm/v7", "armv6l": "arm/v6", "i686": "386"}
OVERLAY = "overlay"


@reads("a list of services")
def parse_services(document: Any) -> list[ServiceState]:
    """The answer of ``GET /services?status=true``, by name."""
    return sorted((_service(item) for item in listing(document)), key=lambda state: state.name)


def _service(item: Mapping[str, Any]) -> ServiceState:
    spec, status = mapping(item["Spec"]), mapping(item.get("ServiceStatus"))
    task = mapping(spec.get("TaskTemplate"))
    container, mode = mapping(task.get("ContainerSpec")), mapping(spec.get("Mode"))
    everywhere = mode.get("Global") is not None or mode.get("GlobalJob") is not None
    replicas = mapping(mode.get("Replicated")).get("Replicas")
    wanted = status.get("DesiredTasks", 0) if everywhere or replicas is None else replicas
    return ServiceState(
        id=item["ID"],
        name=spec["Name"],
        version=mapping(item["Version"])["Index"],
        labels=texts(spec.get("Labels")),
        task_labels=texts(container.get("Labels")),
        wanted=int(wanted or 0),
        running=int(status.get("RunningTasks", 0)),
        completed=int(status.get("CompletedTasks", 0)),
        everywhere=everywhere,
        image=container.get("Image") or "",
        update=_update(mapping(item.get("UpdateStatus"))),
        ports=_ports(mapping(item.get("Endpoint")).get("Ports")),
        published=tuple(dict.fromkeys(_published(item))),
        created=moment(item.get("CreatedAt")),
        kept=dict(spec),
    )


def _update(status: Mapping[str, Any]) -> UpdateState | None:
    kind = _UPDATES.get(str(status.get("State")))
    return UpdateState(kind, str(status.get("Message") or "")) if kind else None


def _published(item: Mapping[str, Any]) -> Iterator[PortUse]:
    """What it asks for, and what it has been given: an engine takes both for its own."""
    for endpoint in (mapping(item["Spec"]).get("EndpointSpec"), item.get("Endpoint")):
        for port in listing(mapping(endpoint).get("Ports")):
            mode: Literal["ingress", "host"] = "host" if port.get("PublishMode") == "host" else "ingress"
            if published := port.get("PublishedPort"):
                yield PortUse(port["TargetPort"], published, port.get("Protocol") or "tcp", mode)


def _ports(ports: Any) -> tuple[str, ...]:
    """Published ones, each once: the engine tells some twice."""
    found = []
    for port in listing(ports):
        if published := port.get("PublishedPort"):
            found.append(f"{published}:{port['TargetPort']}/{port.get('Protocol') or 'tcp'}")
    return tuple(dict.fromkeys(found))


@reads("a task")
def is_gone(item: Any) -> bool:
    """Whether a task was to be taken away and has ended."""
    return item.get("DesiredState") == "remove" and mapping(item.get("Status")).get("State") in _OVER


@reads("a list of tasks")
def parse_tasks(document: Any, names: Mapping[str, str]) -> list[TaskState]:
    """The answer of ``GET /tasks``, the oldest first. names: of nodes, by their ids."""
    found = sorted(listing(document), key=lambda item: (item.get("CreatedAt") or "", item["ID"]))
    return [_task(item, names) for item in found]


def _task(item: Mapping[str, Any], names: Mapping[str, str]) -> TaskState:
    status = mapping(item["Status"])
    told = mapping(status.get("ContainerStatus"))
    container = mapping(mapping(item["Spec"]).get("ContainerSpec"))
    state, node = str(status.get("State")), item.get("NodeID") or ""
    kind = _TASKS.get(state, "pending")
    ended = state in ("complete", "failed") and told
    return TaskState(
        id=item["ID"],
        service=item.get("ServiceID") or "",
        slot=int(item.get("Slot") or 0),
        state=kind,
        wanted=item.get("DesiredState") not in _UNWANTED,
        node=node,
        node_name=names.get(node, ""),
        error=str(status.get("Err") or ""),
        exit_code=int(told.get("ExitCode") or 0) if ended else None,
        labels=texts(container.get("Labels")),
        image=container.get("Image") or "",
        container=told.get("ContainerID") or "",
        has_check=_has_check(mapping(container.get("Healthcheck"))),
        ports=_ports(mapping(status.get("PortStatus")).get("Ports")),
        created=moment(item.get("CreatedAt")),
        changed=moment(status.get("Timestamp")),
    )


def _has_check(check: Mapping[str, Any]) -> bool:
    test = listing(check.get("Test"))
    return bool(test) and test[0] != "NONE"


@reads("a list of nodes")
def parse_nodes(document: Any) -> list[NodeState]:
    """The answer of ``GET /nodes``, by name."""
    return sorted((_node(item) for item in listing(document)), key=lambda node: (node.name, node.id))


def _node(item: Mapping[str, Any]) -> NodeState:
    spec, status = mapping(item["Spec"]), mapping(item["Status"])
    description, manager = mapping(item.get("Description")), mapping(item.get("ManagerStatus"))
    availability, address = spec.get("Availability"), status.get("Addr") or ""
    if address in ("", "0.0.0.0"):  # Of a leader, which meets itself nowhere.
        address = str(manager.get("Addr") or "").rpartition(":")[0]
    return NodeState(
        id=item["ID"],
        name=description.get("Hostname") or "",
        address=address,
        up=status.get("State") == "ready",
        active=availability == "active",
        draining=availability == "drain",
        manager=spec.get("Role") == "manager",
        leader=manager.get("Leader") is True,
        labels=texts(spec.get("Labels")),
        platform=_platform(mapping(description.get("Platform"))),
    )


def _platform(item: Mapping[str, Any]) -> str:
    system, architecture = item.get("OS") or "", item.get("Architecture") or ""
    return f"{system}/{_ARCHITECTURES.get(architecture, architecture)}" if system else ""


@reads("a list of configs, secrets or networks")
def parse_objects(kind: Any, document: Any) -> list[ClusterObject]:
    """The answer of ``GET /configs``, ``/secrets`` or ``/networks``, by name; of networks those that services can be on."""
    if kind == "network":
        found = [_network(item) for item in listing(document) if _is_for_services(item)]
    else:
        found = [
            ClusterObject(kind, item["ID"], mapping(item["Spec"])["Name"], texts(mapping(item["Spec"]).get("Labels")))
            for item in listing(document)
        ]
    return sorted(found, key=lambda item: (item.name, item.id))


def _is_for_services(item: Mapping[str, Any]) -> bool:
    return item.get("Scope") == "swarm" and item.get("Ingress") is not True and not _lingers(item)


def _lingers(item: Mapping[str, Any]) -> bool:
    """Whether it was removed, and is listed because a container on this node is on it still: the node tells of it then, with what is on
    it and with the other nodes, and not the cluster, which tells neither.
    """
    return item.get("Containers") is not None or bool(item.get("Peers"))


@reads("a list of networks")
def is_name_going(name: str, document: Any) -> bool:
    """Whether all networks of that name, if there are any, were removed and are listed still."""
    return all(item.get("Scope") == "swarm" and _lingers(item) for item in listing(document) if item["Name"] == name)


def _network(item: Mapping[str, Any]) -> ClusterObject:
    pools = [mapping(pool) for pool in listing(mapping(item.get("IPAM")).get("Config"))]
    subnets = tuple(pool["Subnet"] for pool in pools if pool.get("Subnet"))
    return ClusterObject("network", item["Id"], item["Name"], texts(item.get("Labels")), item.get("Driver") or "", subnets)


@reads("an image in its registry")
def parse_distribution(reference: str, document: Any) -> ResolvedImage:
    """The answer of ``GET /distribution/{reference}/json``. reference: without a digest."""
    digest = mapping(document["Descriptor"])["digest"]
    platforms = [_image_platform(mapping(item)) for item in listing(document.get("Platforms"))]
    return ResolvedImage(f"{reference}@{digest}", digest, tuple(dict.fromkeys(text for text in platforms if text)))


def _image_platform(item: Mapping[str, Any]) -> str:
    parts = (item.get("os"), item.get("architecture"), item.get("variant"))
    if not parts[0] or parts[0] == "unknown":  # What describes an image, and is none.
        return ""
    return "/".join(str(part) for part in parts if part)


@reads("an event")
def parse_change(document: Mapping[str, Any]) -> ServiceChange | None:
    """The change that a line of ``GET /events`` tells; ``None`` for what is none of the cluster's."""
    action = _ACTIONS.get(str(document.get("Action")))
    if action is None or document.get("scope") != "swarm":
        return None
    actor = mapping(document.get("Actor"))
    about = texts(actor.get("Attributes"))
    name = about.pop("name", "")
    at = int(document.get("timeNano") or int(document.get("time") or 0) * 10**9)
    told = moment(at // 10**9).removesuffix("Z") + f".{at % 10**9:09d}Z" if at else ""
    return ServiceChange(str(document.get("Type")), action, str(actor.get("ID") or ""), name, about, told)
