"""What programs hear of the state of a project: plain JSON objects, null where nothing is known.

No model library is loaded by it, and nothing is checked: the values are the library's own.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class ServiceStatus(TypedDict):
    """One container of a project. exitCode: ``None`` while it has not ended. oneOff: it is one of ``run``.

    node: only of a task of a cluster: the machine it is on, empty while nobody knows. error: why it does not run there.
    """

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
    node: NotRequired[str]
    error: NotRequired[str]


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


class PlanStep(TypedDict):
    """One step. service: whose it is, if any's. after: the steps that have to end before it."""

    step: int
    action: str
    target: str
    cause: str
    service: str | None
    after: list[int]


class Plan(TypedDict):
    """What ``up`` would do, and why. notes: what was noticed and is left as it is."""

    project: str
    steps: list[PlanStep]
    notes: list[str]


class LogRecord(TypedDict):
    """One line of one container, without its newline. partial: no newline followed. node: only of a task of a cluster: where it runs."""

    service: str
    container: str
    replica: int
    stream: Literal["stdout", "stderr"]
    text: str
    time: str
    partial: NotRequired[bool]
    node: NotRequired[str]
