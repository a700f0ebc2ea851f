"""What an engine is told of a service: the container that each of its tasks is, and how many, where, and what follows a failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from perry_ffi.model.service import ServiceSpec

Condition = Literal["none", "on-failure", "any"]
FailureAction = Literal["pause", "continue", "rollback"]
Order = Literal["stop-first", "start-first"]


@dataclass(frozen=True)
class RestartRule:
    """When a task that ended is followed by another one in its place. delay, window: seconds. max_attempts: in a window; 0: no bound."""

    condition: Condition = "on-failure"
    delay: float | None = None
    max_attempts: int | None = None
    window: float | None = None


@dataclass(frozen=True)
class UpdatePolicy:
    """How tasks are replaced. parallelism: at a time, 0 all. delay: seconds between them. monitor: seconds for which a new task is
    watched; ``None`` the engine's own. max_failure_ratio: of the tasks that may fail, 0 to 1.
    """

    parallelism: int = 1
    delay: float = 0.0
    monitor: float | None = None
    failure_action: FailureAction = "rollback"
    max_failure_ratio: float = 0.0
    order: Order = "stop-first"


@dataclass(frozen=True)
class NetworkUse:
    """A network that the tasks are on. network: its id, or ``host``. aliases: names there beside the service's own."""

    network: str
    aliases: tuple[str, ...] = ()
    driver_opts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FileUse:
    """A config or secret in the tasks. ident, name: of the object in the engine. target: absolute path of the file. mode: its bits."""

    ident: str
    name: str
    target: str
    uid: int = 0
    gid: int = 0
    mode: int = 0o444


@dataclass(frozen=True)
class PortUse:
    """A port that is published. published: 0 where the engine chooses. mode: ``ingress`` on each node, or ``host`` on the task's alone."""

    target: int
    published: int = 0
    protocol: str = "tcp"
    mode: Literal["ingress", "host"] = "ingress"


@dataclass(frozen=True)
class Placement:
    """Where tasks may run. constraints: as the Compose specification writes them. spread: labels over whose values they are spread.
    max_per_node: 0 no bound. platforms: ``linux/amd64`` and so on; empty any.
    """

    constraints: tuple[str, ...] = ()
    spread: tuple[str, ...] = ()
    max_per_node: int = 0
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reservations:
    """What a node must have left for a task. memory: bytes. generic: countable or named resources by kind."""

    cpus: float = 0.0
    memory: int = 0
    generic: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ServiceDefinition:
    """One service, whole.

    name: in the engine. labels: of the service; ``container.labels`` are those of each task's container. container: what each
    task runs: image with its digest, command, environment, mounts, health check, limits; its networks, ports, restart policy
    and labels of a place say nothing here, for the members beside it do. replicas: ``None`` one on each node. endpoint: ``vip``
    one address for all tasks, ``dnsrr`` the addresses of all.
    """

    name: str
    container: ServiceSpec = field(repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    replicas: int | None = 1
    networks: tuple[NetworkUse, ...] = ()
    configs: tuple[FileUse, ...] = ()
    secrets: tuple[FileUse, ...] = ()
    ports: tuple[PortUse, ...] = ()
    restart: RestartRule = RestartRule()
    update: UpdatePolicy = UpdatePolicy()
    rollback: UpdatePolicy = UpdatePolicy(failure_action="pause")
    placement: Placement = Placement()
    reservations: Reservations = Reservations()
    endpoint: Literal["vip", "dnsrr"] = "vip"


__all__ = [
    "Condition", "FailureAction", "FileUse", "NetworkUse", "Order", "Placement", "PortUse", "Reservations", "RestartRule",
    "ServiceDefinition", "UpdatePolicy",
]  # fmt: skip
