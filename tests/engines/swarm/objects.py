"""What lies on the nodes of a lab: looked for, and taken away."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.engines.swarm.node import Node, Refused

_ENGINES_OWN = {"bridge", "host", "none", "ingress", "docker_gwbridge"}
_OF_SWARM = {"service": "/services", "secret": "/secrets", "config": "/configs"}
_PROJECT_KEYS = {"perry.compose.project", "com.docker.stack.namespace", "com.docker.compose.project"}


@dataclass(frozen=True)
class Found:
    """One thing. node: where it lies; the manager that told of it, for what is the swarm's."""

    node: Node
    kind: str
    name: str
    address: str
    labels: dict[str, str]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" if self.kind in _OF_SWARM else f"{self.node.name}: {self.kind} {self.name}"

    def is_of(self, project: str) -> bool:
        """By a label that names the project, or by a name that begins with it."""
        labelled = any(self.labels.get(key) == project for key in _PROJECT_KEYS)
        return labelled or self.name.startswith((f"{project}_", f"{project}-"))

    def remove(self) -> None:
        """Asks for its removal. What is in use yet, or gone, is left as it is."""
        with suppress(Refused):
            self.node.call("DELETE", self.address)


def found_in_swarm(manager: Node) -> Iterator[Found]:
    """Services, secrets and configs."""
    for kind, target in _OF_SWARM.items():
        for row in manager.call("GET", target):
            yield Found(manager, kind, row["Spec"]["Name"], f"{target}/{row['ID']}", row["Spec"].get("Labels") or {})


def found_on(node: Node) -> Iterator[Found]:
    """Containers, networks and volumes of one node; an overlay is where a manager or a task of the node has it."""
    for row in node.call("GET", "/containers/json?all=1"):
        name = row["Names"][0].lstrip("/") if row["Names"] else row["Id"]
        yield Found(node, "container", name, f"/containers/{row['Id']}?force=1&v=1", row["Labels"] or {})
    for row in node.call("GET", "/networks"):
        if row["Name"] not in _ENGINES_OWN:
            yield Found(node, "network", row["Name"], f"/networks/{row['Id']}", row["Labels"] or {})
    for row in node.call("GET", "/volumes")["Volumes"] or []:
        yield Found(node, "volume", row["Name"], f"/volumes/{quote(row['Name'], safe='')}?force=1", row["Labels"] or {})


def found(manager: Node, nodes: list[Node]) -> list[Found]:
    """All there is, of the swarm first, in the order in which it can be removed."""
    with ThreadPoolExecutor(len(nodes)) as pool:
        return [*found_in_swarm(manager), *(row for rows in pool.map(lambda node: list(found_on(node)), nodes) for row in rows)]


def take_away(manager: Node, nodes: list[Node]) -> list[Found]:
    """Asks for the removal of all, and gives what there was. To be repeated: some of it goes only when the rest has gone."""
    rows = found(manager, nodes)
    of_swarm = [row for row in rows if row.kind in _OF_SWARM]
    for row in of_swarm:
        row.remove()

    def empty(node: Node) -> None:
        for row in rows:
            if row.node is node and row.kind not in _OF_SWARM:
                row.remove()

    # Without the service its containers do not come again, and need not be given the time to end.
    with ThreadPoolExecutor(len(nodes)) as pool:
        list(pool.map(empty, nodes))
    return rows


def tasks(manager: Node, service: str) -> list[dict[str, Any]]:
    """Those of a service that are to run, by slot. What a dead node last said of its own is not among them."""
    asked = quote(f'{{"service":["{service}"],"desired-state":["running"]}}')
    return sorted(manager.call("GET", f"/tasks?filters={asked}"), key=lambda row: row.get("Slot", 0))
