"""A service of a project as an engine is told of it that keeps services by itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.service_definition import FileUse, PortUse, ServiceDefinition
from perry_ffi.backends.rules.cluster import CLUSTER_DOCUMENT, Placed
from perry_ffi.backends.rules.evaluation import Evaluator
from perry_ffi.backends.rules.many_machines import MANY_MACHINES
from perry_ffi.backends.rules.rule import declare
from perry_ffi.backends.rules.service import SERVICE
from perry_ffi.model import values
from perry_ffi.stack.cluster import policies
from perry_ffi.stack.cluster.attach import network_uses, port_uses
from perry_ffi.stack.cluster.container import task_spec, whole_spec
from perry_ffi.stack.cluster.naming import service_name
from perry_ffi.stack.translate.document import mapping, service_of, unquoted
from perry_ffi.stack.translate.names import Linked, linked_as

if TYPE_CHECKING:
    from perry_ffi.backends.contract.capability import Capabilities
    from perry_ffi.model.service import ServiceSpec
    from perry_ffi.stack.cluster.files import ClusterFile
    from perry_ffi.stack.desired import Service

COMPLETED = "service_completed_successfully"
_HEALTHY = "service_healthy"
_CLUSTER = "a cluster"


@dataclass(frozen=True)
class Relations:
    """What services say of each other. linked: as of ``translate.names``. waited_for: those whose end somebody waits for. needed: those
    that somebody cannot do without being healthy.
    """

    linked: Linked
    waited_for: frozenset[str]
    needed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Relations:
        """Of the resolved project. Who translates many services reads it once."""
        waited: set[str] = set()
        needed: set[str] = set()
        for name, tree in mapping(document.get("services"), "services").items():
            edges = mapping(mapping(tree, f"services.{name}").get("depends_on"), f"services.{name}.depends_on")
            rows = {other: mapping(edge, "") for other, edge in edges.items()}
            waited |= {other for other, edge in rows.items() if edge.get("condition") == COMPLETED}
            needed |= {n for n, edge in rows.items() if edge.get("condition") == _HEALTHY and edge.get("required", True)}
        return cls(linked_as(document), frozenset(waited), frozenset(needed))


@unquoted
def service_definition(
    document: Mapping[str, Any],
    service: Service,
    *,
    project: str,
    image: str,
    labels: Mapping[str, str],
    task_labels: Mapping[str, str],
    networks: Mapping[str, str],
    files: Sequence[ClusterFile],
    idents: Mapping[str, str],
    one_shot: bool,
    working_dir: str | None,
    relations: Relations | None = None,
    capabilities: Capabilities | None = None,
    platforms: Sequence[str] = (),
    nodes: int | None = None,
) -> ServiceDefinition:
    """``service``, whole.

    document: the resolved project. image: with its digest, where one is known. labels, task_labels: of identity, on the service
    and on the containers of its tasks; they win over the file's. networks: ids by key in the file. files: its configs and secrets;
    idents: the ids of these by name. one_shot: its tasks end, so that an end is no failure of an update. working_dir: the project's
    folder. relations: of the document, absent: read from it. capabilities: of the engine's services; what it lacks and can do
    without is left out (``check.shortfalls`` names it), absent: nothing is. platforms: of the image, where the file names none: a node
    of another one could not start it. nodes: as of ``policies.has_room``.

    Raises ValidationError with the path inside the project, Unsupported for what no definition can say.
    """
    name, where = service_name(project, service.name), f"services.{service.name}"
    tree = service_of(document, service.name)
    known = relations or Relations.of(document)
    whole = whole_spec(
        document, service.name, image=image, labels=task_labels, linked=known.linked, working_dir=working_dir
    )  # fmt: skip
    refuse(document, service.name, whole)
    deploy, endpoint = policies.deploy_of(tree, where), policies.endpoint(tree, where)
    published = port_uses(tree, where, endpoint=endpoint)
    tasks = policies.replicas(service, where)
    alone = _holds_ports(published) or not policies.has_room(tree, where, tasks, nodes)
    ends = one_shot or policies.mode_of(tree, where) in policies.JOBS
    own_labels = values.within(f"{where}.deploy.labels", values.labels, deploy.get("labels") or {})
    return ServiceDefinition(
        name=name,
        container=_honoured(task_spec(document, service.name, whole), capabilities),
        labels={**own_labels, **labels},
        replicas=tasks,
        networks=network_uses(whole, name, networks),
        configs=_uses("config", files, idents),
        secrets=_uses("secret", files, idents),
        ports=published,
        restart=policies.restart(tree, where, waited_for=service.name in known.waited_for),
        update=policies.update(service, one_shot=ends, alone=alone),
        rollback=policies.rollback(service, where, alone=alone),
        placement=policies.placement(tree, where, [whole.platform] if whole.platform else platforms),
        reservations=policies.reservations(tree, where, whole.mem_reservation),
        endpoint=endpoint,
    )


def refuse(document: Mapping[str, Any], service: str, whole: ServiceSpec) -> None:
    """Raises Unsupported for what of the service no definition can say, whatever the engine. whole: as of ``whole_spec``."""
    where = f"services.{service}"
    members, beside = _evaluators()
    members.warnings(whole, where)
    beside.warnings(Placed(service_of(document, service), mapping(document.get("volumes"), "volumes")), where)


def _honoured(spec: ServiceSpec, capabilities: Capabilities | None) -> ServiceSpec:
    return Evaluator(SERVICE, capabilities, _CLUSTER).without(spec) if capabilities else spec


@cache
def _evaluators() -> tuple[Evaluator[ServiceSpec], Evaluator[Placed]]:
    declared = declare(MANY_MACHINES)
    return Evaluator(SERVICE, declared, _CLUSTER), Evaluator(CLUSTER_DOCUMENT, declared, _CLUSTER)


def _uses(kind: str, files: Sequence[ClusterFile], idents: Mapping[str, str]) -> tuple[FileUse, ...]:
    return tuple(
        FileUse(idents[file.name], file.name, file.target, file.uid, file.gid, file.mode) for file in files if file.kind == kind
    )


def _holds_ports(published: Sequence[PortUse]) -> bool:
    """Whether tasks hold ports of their nodes."""
    return any(port.mode == "host" and port.published for port in published)


def notes(document: Mapping[str, Any], service: Service, nodes: int | None = None) -> list[str]:
    """What a plan says of the service beside what rules warn of: where a cluster's way is not the one of a single machine. nodes: as
    of ``policies.has_room``.
    """
    tree, where = service_of(document, service.name), f"services.{service.name}"
    found = []
    mode = policies.mode_of(tree, where)
    if mode in policies.JOBS:
        found.append(f"{where}.deploy.mode: {mode} is carried out as a service whose tasks end, and are done with then")
    elif tree.get("restart") == "no" and not mapping(tree.get("deploy"), where).get("restart_policy"):
        found.append(f"{where}.restart: it says no, so a task that fails, or whose node goes down, is not made again elsewhere")
    if service.rollout is None or not service.rollout.beside:
        return found
    if _holds_ports(port_uses(tree, where, endpoint="vip")):
        found.append(f"{where}.ports: tasks that hold ports of their nodes stop before their successors start")
    if not policies.has_room(tree, where, policies.replicas(service, where), nodes):
        found.append(
            f"{where}.deploy.placement.max_replicas_per_node: tasks stop before their successors start, for no node takes one more"
        )
    return found


__all__ = ["COMPLETED", "Relations", "notes", "refuse", "service_definition"]
