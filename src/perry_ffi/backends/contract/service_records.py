"""What an engine tells of its services, of their tasks, and of the machines that these run on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_definition import PortUse

UpdateKind = Literal["updating", "paused", "completed", "rolling_back", "rollback_paused", "rolled_back"]
TaskKind = Literal["new", "pending", "preparing", "starting", "running", "complete", "failed", "rejected", "stopped", "lost"]
"""``starting``: its process runs and its health check has not passed yet. ``complete``: it ended with 0. ``rejected``: its node
could not start it. ``stopped``: the engine ended it, or it was never started. ``lost``: its node does not answer any more."""

WAITING: frozenset[TaskKind] = frozenset({"new", "pending", "preparing", "starting"})
ENDED: frozenset[TaskKind] = frozenset({"complete", "failed", "rejected", "stopped", "lost"})


@dataclass(frozen=True)
class UpdateState:
    """How the latest change of a service goes on. message: the engine's own words."""

    state: UpdateKind
    message: str = ""


@dataclass(frozen=True)
class ServiceState:
    """A service, as it is.

    version: which change it is; a later one makes what is asked with this refused. labels: of the service; task_labels: of the
    containers of its tasks, as they shall be. wanted: how many tasks shall run; running, completed: how many of them do, and
    how many ended well and are done with, of the latter 0 where the engine does not count them: the tasks tell.
    everywhere: one on each node. image: the reference its tasks are made from. update:
    ``None`` where no change of tasks is known. ports: published, as ``8080:80/tcp``; published: with the way of each.
    kept: the whole of it in the engine's words, for ``restore_service``; nobody else reads it.
    """

    id: str
    name: str
    version: int
    labels: Mapping[str, str] = field(default_factory=dict)
    task_labels: Mapping[str, str] = field(default_factory=dict)
    wanted: int = 0
    running: int = 0
    completed: int = 0
    everywhere: bool = False
    image: str = ""
    update: UpdateState | None = None
    ports: tuple[str, ...] = ()
    published: tuple[PortUse, ...] = ()
    created: str = ""
    kept: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class TaskState:
    """One task. service: the service's id. slot: its place among the tasks of the service, from 1; 0 of one that is on each node.

    node, node_name: where it is; empty while nobody knows. wanted: whether it shall run; not so of one that was replaced, nor
    of one that ended and is not followed by another one (``complete`` of a one-shot). state: where it is.
    error: the engine's words on why it failed or waits. labels: of its container, which tell what version of the
    service it was made from. container: its id on its node; empty before there is one. changed: when its state was told,
    RFC 3339. health: none is told of a task: ``running`` with a check is healthy.
    """

    id: str
    service: str
    slot: int
    state: TaskKind
    wanted: bool = True
    node: str = ""
    node_name: str = ""
    error: str = ""
    exit_code: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    image: str = ""
    container: str = ""
    has_check: bool = False
    ports: tuple[str, ...] = ()
    created: str = ""
    changed: str = ""


@dataclass(frozen=True)
class ClusterObject:
    """A config, secret or network of the cluster. subnets: of a network."""

    kind: Literal["config", "secret", "network"]
    id: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    driver: str = ""
    subnets: tuple[str, ...] = ()


@dataclass(frozen=True)
class NodeState:
    """A machine of the cluster. up: it answers. active: it takes new tasks; draining: its tasks move away. manager, leader: its part
    in the cluster's decisions.
    """

    id: str
    name: str
    address: str = ""
    up: bool = True
    active: bool = True
    draining: bool = False
    manager: bool = False
    leader: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""


@dataclass(frozen=True)
class ResolvedImage:
    """What a reference names in its registry: digest (``sha256:…``) and platforms (``linux/amd64``); reference: with the digest."""

    reference: str
    digest: str
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServiceChange:
    """Something that happened. kind: ``service``, ``node``, ``config``, ``secret`` or ``network``. action: ``create``, ``update`` or
    ``remove``. about: what changed, in words by name (``updatestate.new``). time: RFC 3339.
    """

    kind: str
    action: str
    id: str
    name: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    time: str = ""


@dataclass(frozen=True)
class TaskLog:
    """A piece of a log. text: decoded, with its line's end where it has one. time: RFC 3339 with nanoseconds; empty where not told."""

    task: str
    node: str
    service: str
    stream: Literal["stdout", "stderr"]
    text: str
    time: str = ""


__all__ = [
    "ENDED", "WAITING", "ClusterObject", "NodeState", "ResolvedImage", "ServiceChange", "ServiceState", "TaskKind", "TaskLog",
    "TaskState", "UpdateKind", "UpdateState",
]  # fmt: skip
