"""What programs hear of the state of a project: plain JSON objects, null where nothing is known.

No model library is loaded by it, and nothing is checked: the values are the library's own.
"""

from __future__ import annotations

from typing import TypedDict


class ServiceStatus(TypedDict):
    """One container of a project. exitCode: ``None`` while it has not ended. oneOff: it is one of ``run``."""

    id: str
    name: str
    service: str
    number: int
    image: str
    status: str
    health: str | None
    exitCode: int | None
    ports: list[str]
    oneOff: bool


class ServiceState(TypedDict):
    """One service: how many containers run and how many are wanted, the worst of their health, their names."""

    status: str
    running: int
    wanted: int
    health: str | None
    containers: list[str]


class StackStatus(TypedDict):
    """A project, service by service."""

    project: str
    status: str
    services: dict[str, ServiceState]


Dependency = TypedDict("Dependency", {"from": str, "to": str, "condition": str})
"""That a service depends on another one, and on which condition."""


class DependencyGraph(TypedDict):
    """The services, and who depends on whom."""

    nodes: list[str]
    edges: list[Dependency]
