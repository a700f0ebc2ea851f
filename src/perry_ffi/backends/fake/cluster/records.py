"""What the cluster in memory holds: nodes, services, tasks and what they need, and the script by which a task goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from perry_ffi.backends.contract.service_records import TaskKind, UpdateState

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_definition import ServiceDefinition
    from perry_ffi.backends.contract.service_records import ServiceState
    from perry_ffi.backends.fake.cluster.clock import Happening

Desired = Literal["ready", "running", "shutdown", "remove"]
"""``ready``: it is prepared, and waits for its turn. ``remove``: it is forgotten once it has ended."""
Key = int | str
"""A task's place in its service: a number from 1, or the node's id where one runs on each."""


@dataclass(frozen=True)
class TaskScript:
    """What a task does. Seconds are the cluster's own.

    exit_code: its process ends with this after ``seconds``; ``None``: it runs until somebody ends it. stdout, stderr: what it says
    first. prepares: how long its image and mounts take. healthy_after: how long its check takes to pass, where it has one; ``None``:
    it never does, and is ended after ``gives_up``. sickens_after: when a check that passed fails for good. rejected: the node's words
    why it cannot be prepared; start_error: why its process cannot start. stops_after: how long it takes to end when it is told
    to; past its grace it is killed.
    """

    exit_code: int | None = None
    seconds: float = 0.0
    stdout: str = ""
    stderr: str = ""
    prepares: float = 0.3
    healthy_after: float | None = 1.0
    gives_up: float = 3.0
    sickens_after: float | None = None
    rejected: str = ""
    start_error: str = ""
    stops_after: float = 0.1


@dataclass
class Node:
    """A machine. memory: bytes, and cpus: what reservations share. missing: images that it cannot get though others can."""

    id: str
    name: str
    labels: dict[str, str] = field(default_factory=dict)
    manager: bool = False
    leader: bool = False
    platform: str = "linux/amd64"
    address: str = ""
    cpus: float = 64.0
    memory: int = 1 << 40
    generic: dict[str, int] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    up: bool = True
    active: bool = True
    draining: bool = False
    silent: bool = False
    """It does not answer, and the cluster has not noticed yet, or has."""
    tasks: dict[str, Task] = field(default_factory=dict, repr=False)
    ports: set[tuple[int, str]] = field(default_factory=set, repr=False)
    reserved: dict[str, float] = field(default_factory=dict, repr=False)

    @property
    def takes_tasks(self) -> bool:
        return self.up and self.active and not self.draining


class Rollout(Protocol):
    """What replaces a service's tasks at the moment."""

    @property
    def forced(self) -> int:
        """The number of restarts that it works towards."""

    @property
    def definition(self) -> ServiceDefinition | None:
        """The definition that it works towards; ``None`` once it has ended."""

    def saw(self, task: Task) -> None:
        """Is told of each task of the service that began to run or ended."""

    def cancel(self) -> None:
        """Is not heard of again."""


@dataclass(slots=True, eq=False)
class Task:
    """One task. definition, forced: what it was made from."""

    id: str
    number: int
    service: Service
    key: Key
    definition: ServiceDefinition
    forced: int
    created: str
    changed: str
    desired: Desired = "running"
    state: TaskKind = "new"
    node: Node | None = None
    error: str = ""
    exit_code: int | None = None
    container: str = ""
    step: Happening | None = None
    script: TaskScript | None = None
    counted: bool = False
    """It is one of those by which its node is chosen for others."""
    addressed: bool = False
    began: float | None = None
    prepared: bool = False
    at_end: list[Callable[[], None]] | None = None
    """Called once it has ended, or cannot be waited for any more."""

    @property
    def wanted(self) -> bool:
        return self.desired in ("ready", "running")

    @property
    def has_check(self) -> bool:
        check = self.definition.container.healthcheck
        return check is not None and check.test != ("NONE",)


@dataclass(eq=False)
class Service:
    """One service. places: its remembered tasks by place, each place's in order. lookback: when a place's task was started
    again, and of which definition, for restart policies with a bound.
    """

    id: str
    definition: ServiceDefinition
    version: int
    created: str
    forced: int = 0
    previous: tuple[ServiceDefinition, int] | None = None
    update: UpdateState | None = None
    rollout: Rollout | None = None
    places: dict[Key, list[Task]] = field(default_factory=dict)
    running: int = 0
    on_node: dict[str, int] = field(default_factory=dict)
    lookback: dict[Key, list[tuple[ServiceDefinition, float]]] = field(default_factory=dict)
    removed: bool = False
    uses: set[str] = field(default_factory=set)
    """Ids of networks, configs and secrets."""
    ingress: set[tuple[int, str]] = field(default_factory=set)
    view: ServiceState | None = None
    """What was last told of it, while that holds."""

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def everywhere(self) -> bool:
        return self.definition.replicas is None


@dataclass(eq=False)
class Resource:
    """A config, a secret or a network. users: ids of services; ends: how many tasks are on a network; going: it was removed, and
    tasks are on it still. waiting: tasks that a network has no address for.
    """

    kind: Literal["config", "secret", "network"]
    id: str
    name: str
    labels: Mapping[str, str]
    content: bytes = field(default=b"", repr=False)
    driver: str = ""
    subnets: tuple[str, ...] = ()
    room: int = 0
    ends: int = 0
    going: bool = False
    users: set[str] = field(default_factory=set)
    waiting: dict[str, Task] = field(default_factory=dict)


__all__ = ["Desired", "Key", "Node", "Resource", "Rollout", "Service", "Task", "TaskScript"]
