"""The contract for engines that keep services by themselves: how many tasks of each run, where, and what follows a failure.

Such an engine takes the definition of a service and makes, moves and replaces its containers, called tasks here, on its own, on
one machine or on many; a project is then reconciled service by service instead of container by container. ``Engine.services``
is where its backend offers this. An engine may have both, services for projects and containers for single calls; one that has
services alone declares each operation on containers unsupported, and the type that stands for it is ``Engine`` and not
``Backend``. Orchestration chooses by ``backend.services``, never by the engine's name.

Errors are those of ``base``, and these in addition. A call that changes something and whose answer was lost, or whose answer says
that nobody knows (a leader that fell), raises an error that ``is_uncertain`` tells: it may have been carried out, or may yet be,
so the caller looks by name before it repeats anything. ``Conflict``: the version is stale, the name is taken, or it is in use.
``BackendNotAvailable``: this node does not manage the cluster, or it has no quorum; the remedy says where managers are.

Every call is cancellable and bounded. All may be used concurrently from one event loop.
"""

from __future__ import annotations

import abc
from collections.abc import Iterable
from typing import TYPE_CHECKING

from perry_ffi.errors import ContainerError

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.capability import Capabilities
    from perry_ffi.backends.contract.service_definition import ServiceDefinition
    from perry_ffi.backends.contract.service_records import (
        ClusterObject,
        NodeState,
        ResolvedImage,
        ServiceChange,
        ServiceState,
        TaskLog,
        TaskState,
    )
    from perry_ffi.backends.contract.stream import Labels, Stream
    from perry_ffi.model.container import LogOptions
    from perry_ffi.model.network import NetworkSpec

UNCERTAIN = "uncertain"
"""The detail of an error that says that its call may have been carried out all the same."""


def is_uncertain(error: ContainerError) -> bool:
    """Whether the call that raised ``error`` may have been carried out, or may yet be."""
    return bool(error.details.get(UNCERTAIN))


class Services(abc.ABC):
    """An engine's services, and what they need: nodes, networks, configs and secrets of the whole cluster."""

    capabilities: Capabilities
    """What it honours of a service (``ServiceSpec.privileged``), beside the backend's own, which are of single containers."""

    # -- services ---------------------------------------------------------------------------------------

    @abc.abstractmethod
    async def services(self, labels: Labels | None = None) -> list[ServiceState]:
        """Those whose labels carry all of ``labels``, by name, in one call."""

    @abc.abstractmethod
    async def service(self, name: str) -> ServiceState:
        """One, by its name or id. Raises NotFound."""

    @abc.abstractmethod
    async def tasks(self, services: Iterable[str]) -> list[TaskState]:
        """The tasks, also those that ended and are still remembered, of the services with these ids; oldest first.

        Of a service that was removed those that have not ended yet: none once nothing of it runs on any node.
        """

    async def check_service(self, definition: ServiceDefinition) -> None:  # noqa: B027 (nothing, unless an engine has to)
        """Raises what ``create_service`` would raise before the engine is asked, and touches nothing: Unsupported for a member
        that it cannot honour, ValidationError for a name that it cannot take.
        """

    @abc.abstractmethod
    async def create_service(self, definition: ServiceDefinition) -> str:
        """Makes one, and gives its id; returns before anything runs. Conflict: the name is taken."""

    @abc.abstractmethod
    async def update_service(self, state: ServiceState, definition: ServiceDefinition, *, restart: bool = False) -> None:
        """Has ``state`` become ``definition``; returns before anything is replaced. Conflict: it was changed after ``state`` was read.

        restart: each task is replaced, also where nothing about it changed.
        """

    @abc.abstractmethod
    async def restore_service(self, state: ServiceState | None, former: ServiceState) -> None:
        """Has ``state`` become what it was when ``former`` was read, whole. Conflict as in ``update_service``.

        state: ``None`` where it is gone: it is made again, as ``create_service`` makes one.
        """

    @abc.abstractmethod
    async def scale_service(self, state: ServiceState, replicas: int, labels: Labels | None = None) -> None:
        """Changes nothing but the number of tasks, and the service's own labels where some are given (``None``: that label goes).

        No task that runs is replaced. Unsupported for one that runs on each node.
        """

    @abc.abstractmethod
    async def restart_service(self, state: ServiceState, *, ends: bool = False) -> None:
        """Replaces each task, in the way of the service's update policy, though nothing about it changed.

        ends: its tasks may end, which is no failure of this change, nor of one that follows until the service is defined anew.
        """

    @abc.abstractmethod
    async def remove_service(self, ident: str) -> None:
        """Takes it away; its tasks may run on for their grace. NotFound where it is gone."""

    # -- what they need ---------------------------------------------------------------------------------

    @abc.abstractmethod
    async def resolve_image(self, reference: str) -> ResolvedImage:
        """What ``reference`` names in its registry now, with the user's credentials. Raises what a pull would raise."""

    @abc.abstractmethod
    async def objects(self, kind: str, labels: Labels | None = None) -> list[ClusterObject]:
        """The configs, secrets or networks (``kind`` is ``config``, ``secret`` or ``network``) whose labels carry all of ``labels``.

        Of networks only those that services can be on.
        """

    async def check_file(self, kind: str, name: str, content: bytes) -> None:  # noqa: B027 (nothing, unless an engine has to)
        """Raises what ``create_file`` would raise before the engine is asked, and touches nothing."""

    @abc.abstractmethod
    async def create_file(self, kind: str, name: str, content: bytes, labels: Labels) -> str:
        """Makes a config or secret, and gives its id. Conflict: the name is taken. ValidationError: it is too large."""

    @abc.abstractmethod
    async def create_network(self, name: str, spec: NetworkSpec) -> str:
        """Makes a network that reaches over all nodes, and gives its id. Its name may be taken by one that is going."""

    @abc.abstractmethod
    async def remove_object(self, kind: str, ident: str) -> None:
        """Takes away a config, secret or network by its id. Conflict: something uses it. NotFound where it is gone."""

    # -- watching ---------------------------------------------------------------------------------------

    @abc.abstractmethod
    async def changes(self) -> Stream[ServiceChange]:
        """What happens to services, nodes and objects from now on; live as ``contract.events`` says. Tasks tell nothing of their own
        where the engine has no events of them: who waits for tasks looks at them too.
        """

    @abc.abstractmethod
    async def logs(self, ident: str, options: LogOptions, *, follow: bool = False, task: bool = False) -> Stream[TaskLog]:
        """The logs of all tasks of a service, or with ``task`` of one, from all nodes that answer; with ``follow`` over restarts,
        updates and new tasks, until the stream is closed. ``tail`` counts a task. An engine may wait for a node that is away for as long
        as that is: the stream then says nothing, or what it is ``lacking``.
        """

    @abc.abstractmethod
    async def nodes(self) -> list[NodeState]:
        """The machines of the cluster, by name."""

    @abc.abstractmethod
    async def engine_of(self, node: str) -> Backend:
        """The engine of containers of a node, by the node's id or name: for exec, statistics and what is local to it.

        Owned by this object, and closed with it. Raises Unsupported with the remedy where none is known, BackendNotAvailable where
        it does not answer.
        """


__all__ = ["UNCERTAIN", "Services", "is_uncertain"]
