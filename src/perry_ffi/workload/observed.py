"""What the engine has of a graph: its containers, read as phases of nodes. For whoever did not run it, or asks later. Only reads."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from perry_ffi.cancellation import one_error
from perry_ffi.errors import NotFound
from perry_ffi.model.container_info import LIVE
from perry_ffi.model.container_values import moment
from perry_ffi.runtime.health import has_healthcheck
from perry_ffi.runtime.probes import current_health
from perry_ffi.stack.observe import list_own
from perry_ffi.workload import labels as own
from perry_ffi.workload.phases import FINAL, word

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.container_info import ContainerInfo, Health
    from perry_ffi.model.workload_status import GraphStatus, NodeDetails, NodeInfo, Phase
    from perry_ffi.workload.graph import Edge, Kind

AT_ONCE = 16
"""So many containers are looked at side by side."""
STOPPED = (137, 143)
"""The codes of a service that was stopped: by KILL, by TERM."""
_WELL: Mapping[Kind, Phase] = {"job": "succeeded", "service": "ready"}


@dataclass(frozen=True)
class Try:
    """One container of a graph. told: what its labels tell. health: as it is known now, of one that runs and has a check."""

    info: ContainerInfo
    told: own.Labelled
    health: Health | None = None

    @property
    def node(self) -> str:
        return self.told.node

    @property
    def phase(self) -> Phase:
        """What its node is in, if it is the last try."""
        info = self.info
        if info.status == "created":
            return "creating"
        if info.status == "restarting":
            return "starting"
        if info.status in LIVE:
            return "running" if self.told.kind == "job" else _of_live(self.health)
        if self.told.kind == "job":
            return "succeeded" if info.status == "exited" and info.exit_code == 0 else "failed"
        stopped = info.exit_code == 0 or (info.exit_code in STOPPED and not info.oom_killed)
        return "stopped" if info.status == "exited" and stopped else "failed"

    @property
    def exit_code(self) -> int | None:
        return self.info.exit_code if self.info.status not in LIVE else None

    @property
    def reason(self) -> str | None:
        """Why it failed, if it did."""
        if self.phase != "failed":
            return None
        if self.info.status in LIVE:
            return f"{self.info.name} is unhealthy"
        memory = " (out of memory)" if self.info.oom_killed else ""
        return f"{self.info.name} ended with exit code {self.info.exit_code}{memory}"

    def details(self) -> NodeDetails:
        """Of its node, as far as a container tells."""
        info, phase = self.info, self.phase
        return {
            "phase": phase,
            "kind": self.told.kind,
            "attempt": self.told.attempt,
            "attempts": max(self.told.attempts, self.told.attempt),
            "container": info.name,
            "exitCode": self.exit_code,
            "oomKilled": info.oom_killed,
            "reason": self.reason,
            "waitingFor": [],
            "startedAt": _seconds(info.started_at),
            "finishedAt": _seconds(info.finished_at) if phase in FINAL else None,
            "isolation": "container" if self.told.isolation == "shared" else self.told.isolation or None,
            "reused": False,
        }

    def row(self) -> NodeInfo:
        """As programs hear of one container."""
        places = [place.ip_address for _, place in sorted(self.info.networks.items()) if place.ip_address]
        return {
            "nodeId": self.node,
            "name": self.info.name,
            "containerId": self.info.id,
            "state": word(self.phase),
            "image": self.info.image,
            "phase": self.phase,
            "attempt": self.told.attempt,
            "exitCode": self.exit_code,
            "health": self.health,
            "ipAddress": places[0] if places else None,
            "ports": self.info.ports,
        }


def _of_live(health: Health | None) -> Phase:
    """Of a service that runs."""
    if health == "starting":
        return "running"
    return "failed" if health == "unhealthy" else "ready"


def _seconds(time: str | None) -> float | None:
    return moment(time).ns / 1e9 if time else None


async def tries(backend: Backend, graph: str, node: str | None = None) -> list[Try]:
    """Every container of the graph that its labels call one, by node, the last try of each last. node: those of this one alone."""
    rows = [
        (info.id, told)
        for info in await list_own(backend, graph)
        if (told := own.read(info.labels)) is not None and node in (None, told.node)
    ]
    found: list[Try] = []
    slots = anyio.CapacityLimiter(AT_ONCE)

    async def look(ident: str, told: own.Labelled) -> None:
        async with slots:
            try:
                info = await backend.inspect_container(ident)
                probed = info.status == "running" and has_healthcheck(info)
                found.append(Try(info, told, await current_health(backend, info) if probed else None))
            except NotFound:
                return

    with one_error():
        async with anyio.create_task_group() as group:
            for ident, told in rows:
                group.start_soon(look, ident, told)
    return sorted(found, key=lambda each: (each.node, each.info.created, each.told.attempt))


def latest(rows: Sequence[Try]) -> dict[str, Try]:
    """The last try of each node."""
    return {row.node: row for row in rows}


def edges(rows: Sequence[Try]) -> list[Edge]:
    """Who depends on whom, by the labels of the last tries."""
    return [edge for row in latest(rows).values() for edge in row.told.edges]


def _newest(rows: Sequence[Try]) -> own.Labelled:
    """What the labels of the container that was made last tell: a service that was left alone has those of its own run."""
    return max(rows, key=lambda row: row.info.created).told


def kinds(rows: Sequence[Try]) -> dict[str, Kind]:
    """Every node that is known: those that have a container, those of the last run, and those that others wait for."""
    found: dict[str, Kind] = dict(_newest(rows).nodes) if rows else {}
    found |= {name: row.told.kind for name, row in latest(rows).items()}
    for edge in edges(rows):
        found.setdefault(edge.target, "job" if edge.condition in ("succeeded", "completed", "failed") else "service")
    return dict(sorted(found.items()))


def status(rows: Sequence[Try]) -> GraphStatus:
    """Of the nodes that are known. One that has no container is pending; where it is there for a failure, all may be well without."""
    last = latest(rows)
    told = {name: last[name].details() if name in last else _absent(kind) for name, kind in kinds(rows).items()}
    return together(told, _newest(rows).spare - last.keys() if rows else ())


def _absent(kind: Kind) -> NodeDetails:
    return {
        "phase": "pending", "kind": kind, "attempt": 0, "attempts": 1, "container": None, "exitCode": None, "oomKilled": None,
        "reason": None, "waitingFor": [], "startedAt": None, "finishedAt": None, "isolation": None, "reused": False,
    }  # fmt: skip


def together(told: Mapping[str, NodeDetails], excused: Container[str] = ()) -> GraphStatus:
    """The status that details make. excused: nodes that are well though they neither run nor have succeeded."""
    return {
        "nodes": {name: word(each["phase"]) for name, each in told.items()},
        "healthy": all(each["phase"] == _WELL[each["kind"]] or name in excused for name, each in told.items()),
        "errors": {name: each["reason"] or "failed" for name, each in told.items() if each["phase"] == "failed"},
        "phases": {name: each["phase"] for name, each in told.items()},
        "details": dict(told),
    }


def refreshed(known: GraphStatus, rows: Sequence[Try]) -> GraphStatus:
    """What a run knew when it was settled, with what has become of its services since."""
    last = latest(rows)
    told: dict[str, NodeDetails] = {}
    excused: set[str] = set()
    for name, each in known["details"].items():
        if each["kind"] == "job" or each["phase"] != "ready":
            told[name] = each
            excused |= {name} if known["healthy"] else set()
        elif (found := last.get(name)) is None:
            told[name] = {**each, "phase": "stopped", "reason": "its container is gone"}
        else:
            now = found.details()
            told[name] = {
                **each, "phase": now["phase"], "exitCode": now["exitCode"], "oomKilled": now["oomKilled"], "reason": now["reason"],
                "container": now["container"], "finishedAt": now["finishedAt"],
            }  # fmt: skip
    return together(told, excused)


__all__ = ["Try", "edges", "kinds", "latest", "refreshed", "status", "together", "tries"]
