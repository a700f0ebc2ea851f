"""What a project is doing: its containers, its services, its graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from perry_ffi.stack.context import StackContext
from perry_ffi.stack.elsewhere import present_replicas, refuse_elsewhere
from perry_ffi.stack.index import Index
from perry_ffi.stack.observe import list_own, with_health
from perry_ffi.stack.observed import Replica, replica
from perry_ffi.stack.order import edges_of

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.model.container_info import ContainerInfo
    from perry_ffi.model.stack_status import DependencyGraph, ServiceState, ServiceStatus, StackStatus

_RANK = ("running", "restarting", "paused", "created", "exited", "dead")


async def ps(context: StackContext, project: str) -> list[ServiceStatus]:
    """A row for each container of the project, those of ``run`` included."""
    found = await list_own(context.backend, project)
    if not found:
        await refuse_elsewhere(context, project)
    shown = {info.id: info for info in found}
    rows = await with_health(context.backend, [replica(context.backend, info) for info in found])
    return [_row(row, shown[row.id]) for row in sorted(rows, key=lambda row: row.name)]


def _row(row: Replica, info: ContainerInfo) -> ServiceStatus:
    told: ServiceStatus = {
        "id": row.id, "name": row.name, "service": row.service, "number": row.number, "image": info.image,
        "status": row.status, "health": row.health, "exitCode": row.exit_code, "ports": info.ports, "oneOff": row.one_off,
    }  # fmt: skip
    if row.place is not None:
        told["node"] = row.place.node_name
        if info.error:
            told["error"] = info.error
    return told


async def status(context: StackContext, name: str, project: Project | None, scaled: Mapping[str, int]) -> StackStatus:
    """The state of a project, service by service. scaled: how many containers services shall have, where not as in the model.

    A service is ``running`` where as many containers run as are wanted, ``completed`` where all ended with 0, ``partial``
    where fewer run, else the state of its containers; ``missing`` where there is none.
    """
    if context.backend.services is not None:
        from perry_ffi.stack.cluster.status import status as of_services

        return await of_services(context, context.backend.services, name, project, scaled)
    replicas = await with_health(context.backend, await present_replicas(context, name))
    services = sorted(set(project.services if project else ()) | {row.service for row in replicas if not row.one_off})
    index = Index(replicas)
    rows = {service: service_state(service, index.of_service(service), project, scaled.get(service)) for service in services}
    return {"project": name, "status": overall(rows), "services": rows}


def service_state(service: str, own: list[Replica], project: Project | None, scaled: int | None) -> ServiceState:
    """One service, from its containers. scaled: as of ``status``."""
    wanted = scaled
    if wanted is None:
        wanted = project.replicas(service) if project is not None and service in project.services else len(own)
    running = sum(row.status == "running" for row in own)
    health = [row.health for row in own if row.health]
    return {
        "status": _state(own, running, wanted),
        "running": running,
        "wanted": wanted,
        "health": min(health, key=("unhealthy", "starting", "healthy").index) if health else None,
        "containers": [row.name for row in own],
    }


def _state(own: list[Replica], running: int, wanted: int) -> str:
    if not own:
        return "missing" if wanted else "running"
    if running >= wanted and running:
        return "running"
    if running:
        return "partial"
    if all(row.status == "exited" and row.exit_code == 0 for row in own):
        return "completed"
    return min((row.status for row in own), key=_RANK.index)


def overall(rows: Mapping[str, ServiceState]) -> str:
    """The state of a project, from its services."""
    states = {row["status"] for row in rows.values()}
    if not states or states == {"missing"}:
        return "missing"
    if states <= {"running", "completed"}:
        return "running" if "running" in states else "completed"
    return "partial" if states & {"running", "partial"} else min(states & set(_RANK) or {"exited"}, key=_RANK.index)


async def _rows_of_services(context: StackContext, name: str) -> list[Replica]:
    if context.backend.services is None:
        return await present_replicas(context, name)
    from perry_ffi.stack.cluster.rows import service_rows

    return await service_rows(context.backend.services, name)


async def graph(context: StackContext, name: str, project: Project | None) -> DependencyGraph:
    """Who depends on whom, and on which condition."""
    replicas = [] if project is not None else await _rows_of_services(context, name)
    edges = edges_of(project, replicas)
    return {
        "nodes": sorted(edges),
        "edges": [
            {"from": service, "to": other, "condition": condition}
            for service in sorted(edges)
            for other, condition in sorted(edges[service].items())
        ],
    }
