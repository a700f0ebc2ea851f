"""The backend contract: what an engine must be able to do, in this project's own words.

A backend turns each call into engine calls and answers with models. It raises only the error
family: ``NotFound`` for what the engine says does not exist and for nothing else, ``Conflict``
for a name or state in the way, ``BackendError`` with the engine's status and words for the rest,
``Unsupported`` for a member it cannot honour, ``BackendNotAvailable`` when the engine does not
answer, ``Timeout`` when a bound was reached. What an engine says only in the moment in which something goes away is
asked again before it is told. Every method is cancellable, and usable from any task of one event loop, concurrently.

Names and ids are passed as the caller gave them: a backend keeps them from becoming an option,
a path or a query of their own.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from perry_ffi.backends.contract.orchestration import Kept, Labels, Orchestration
from perry_ffi.cancellation import finish
from perry_ffi.errors import ContainerError

if TYPE_CHECKING:
    from perry_ffi.model.backend import BackendInfo
    from perry_ffi.model.container import (
        ContainerHandle,
        ContainerInfo,
        ContainerLogs,
        ContainerSpec,
        ContainerStats,
        ExecOptions,
        ExecResult,
        LogChunk,
        LogOptions,
    )
    from perry_ffi.model.image import BuildSpec, ImageDetails, ImageInfo, PullOptions, PushOptions
    from perry_ffi.model.network import NetworkInfo, NetworkSpec
    from perry_ffi.model.volume import VolumeInfo, VolumeSpec

T = TypeVar("T")


class Support(StrEnum):
    """How a backend honours a member or an operation."""

    NATIVE = "native"
    EMULATED = "emulated"
    PARTIAL = "partial"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True)
class Elsewhere:
    """Another engine of this machine, and the labels of each of its containers that were asked for."""

    name: str
    address: str
    labels: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Capability:
    """One declared capability; ``reason`` is required for anything but native."""

    support: Support
    reason: str = ""


_NATIVE = Capability(Support.NATIVE)


@dataclass(frozen=True)
class Capabilities:
    """What a backend declares, keyed by dotted member or operation name (``ContainerSpec.gpus``, ``op.stats``).

    A name that is not listed is native: a backend lists its exceptions, all of them.
    """

    exceptions: Mapping[str, Capability] = field(default_factory=dict)

    def of(self, name: str) -> Capability:
        """The declared capability of ``name``."""
        return self.exceptions.get(name, _NATIVE)


class Stream(abc.ABC, Generic[T]):
    """Records that are read on demand: nothing is read from the engine ahead of the reader.

    A slow reader therefore slows the engine's stream, and memory stays bounded by one batch
    (at most ``MAX_BATCH_BYTES`` of payload). Safe to read from one task at a time.
    """

    MAX_BATCH_BYTES = 256 * 1024

    @abc.abstractmethod
    async def next(self) -> Sequence[T] | None:
        """The next records, at least one, or ``None`` at the end. A cancelled call loses no record."""

    @abc.abstractmethod
    async def aclose(self) -> None:
        """Gives back the connection. Idempotent, allowed while a ``next`` is pending (which then answers ``None``)."""


class Backend(Orchestration, abc.ABC):
    """One engine, found and connected. What whole projects need of it is declared in ``orchestration``."""

    name: str
    capabilities: Capabilities
    identity: str
    """Tells one engine from another on this machine: the same text for the same engine, in every process."""
    address: str | None = None
    """Where it listens, in words (``unix:///run/x.sock``); ``None`` for one that only this process speaks to."""
    api_socket: str | None = None
    """The socket of its API on the machine it runs on, for containers that are given it; ``None`` where it has none."""
    lists_health: bool = True
    """Whether ``list_containers`` tells health; else only ``inspect_container`` does."""

    # -- life ---------------------------------------------------------------------------------

    @abc.abstractmethod
    async def aclose(self) -> None:
        """Closes every connection; streams that are still open end. Idempotent."""

    @abc.abstractmethod
    async def info(self) -> BackendInfo:
        """Name, version, mode and isolation level of the live engine."""

    # -- containers ---------------------------------------------------------------------------

    @abc.abstractmethod
    async def create_container(self, spec: ContainerSpec) -> ContainerHandle:
        """Creates, does not start. Pulls by ``spec.pull_policy`` (default: if missing). A failure leaves nothing."""

    async def check_container(self, spec: ContainerSpec) -> None:
        """Raises what ``create_container`` would raise before the engine is asked, and touches nothing.

        Unsupported for a member that it cannot honour; an engine that takes whatever a spec can say raises nothing.
        """

    @abc.abstractmethod
    async def start_container(self, ident: str) -> None:
        """Starts; a container that runs already is left alone."""

    @abc.abstractmethod
    async def stop_container(self, ident: str, timeout: float | None = None) -> None:
        """Stops, killing after ``timeout`` seconds (``None``: the container's own). A stopped one is left alone."""

    @abc.abstractmethod
    async def remove_container(self, ident: str, *, force: bool = False, volumes: bool = True) -> None:
        """Removes; a running one only with ``force``, which kills it. ``volumes``: its anonymous volumes go with it."""

    @abc.abstractmethod
    async def list_containers(self, *, all: bool, labels: Labels | None = None) -> list[ContainerInfo]:
        """Containers that carry all ``labels``; without ``all`` only those that run."""

    @abc.abstractmethod
    async def inspect_container(self, ident: str) -> ContainerInfo:
        """One container, with the engine's own document in ``raw``."""

    @abc.abstractmethod
    async def wait_container(self, ident: str, timeout: float | None = None) -> int:
        """Waits until it is not running and gives its exit code; ``Timeout`` after ``timeout`` seconds.

        One that ended already answers at once; one that was never started is a ``Conflict``, for it has no exit code. Right
        also where the container is removed as it ends; where nobody knows the code any more it is ``NotFound``, never 0.
        With a restart policy it is the first end.
        """

    @abc.abstractmethod
    async def container_logs(self, ident: str, options: LogOptions) -> ContainerLogs:
        """The log so far, the two streams apart."""

    @abc.abstractmethod
    async def read_logs(self, ident: str, options: LogOptions) -> Stream[LogChunk]:
        """The log so far, in the order in which it was written. Joined chunk texts of a stream are its bytes.

        With ``timestamps`` the engine's time stands before each line and nowhere else, also with a terminal.
        """

    @abc.abstractmethod
    async def follow_logs(self, ident: str, options: LogOptions) -> Stream[LogChunk]:
        """The log so far and what is added, until the container ends. Joined chunk texts of a stream are its bytes."""

    @abc.abstractmethod
    async def exec_container(self, ident: str, command: Sequence[str], options: ExecOptions) -> ExecResult:
        """Runs a command inside; a non-zero exit code is a result, not an error. Cancelling stops waiting for it."""

    @abc.abstractmethod
    async def container_stats(self, ident: str) -> ContainerStats:
        """One sample of CPU, memory, network, block I/O and processes."""

    async def run_container(self, spec: ContainerSpec) -> ContainerHandle:
        """Creates and starts. If the start fails or is cancelled, what was created is removed before that is raised."""
        handle = await self.create_container(spec)
        try:
            await self.start_container(handle.id)
        except BaseException:
            await finish(self._take_back(handle.id))
            raise
        return handle

    async def _take_back(self, ident: str) -> None:
        try:
            await self.remove_container(ident, force=True)
        except ContainerError:
            return  # Why the start failed is what the caller is told.

    # -- images -------------------------------------------------------------------------------

    @abc.abstractmethod
    async def build_image(self, spec: BuildSpec, tag: str | None, progress: AsyncProgress | None = None) -> str:
        """Builds and gives the image id. A failing step is a ``BackendError`` with the step's last output lines."""

    @abc.abstractmethod
    async def pull_image(self, reference: str, options: PullOptions, progress: AsyncProgress | None = None) -> None:
        """Pulls with the user's credentials for the registry, if there are any."""

    @abc.abstractmethod
    async def push_image(self, reference: str, options: PushOptions, progress: AsyncProgress | None = None) -> None:
        """Pushes with the user's credentials for the registry, if there are any."""

    @abc.abstractmethod
    async def list_images(self) -> list[ImageInfo]: ...

    @abc.abstractmethod
    async def inspect_image(self, reference: str) -> ImageDetails:
        """One image, with the engine's own document in ``raw``."""

    @abc.abstractmethod
    async def remove_image(self, reference: str, *, force: bool = False) -> None:
        """Takes the name away, and with its last one the image and the unnamed ones that it was built from."""

    # -- networks and volumes -------------------------------------------------------------------

    async def check_network(self, name: str, spec: NetworkSpec) -> None:
        """As ``check_container``, of ``create_network``."""

    async def check_volume(self, name: str, spec: VolumeSpec) -> None:
        """As ``check_container``, of ``create_volume``."""

    @abc.abstractmethod
    async def create_network(self, name: str, spec: NetworkSpec) -> NetworkInfo: ...

    @abc.abstractmethod
    async def remove_network(self, name: str) -> None:
        """Waits, for a bounded time, for an engine that has yet to let go of containers that are gone.

        ``Conflict`` that names the containers (detail ``containers``) where some are on it.
        """

    @abc.abstractmethod
    async def inspect_network(self, name: str) -> NetworkInfo: ...

    @abc.abstractmethod
    async def list_networks(self, labels: Labels | None = None) -> list[NetworkInfo]: ...

    @abc.abstractmethod
    async def create_volume(self, name: str, spec: VolumeSpec) -> VolumeInfo:
        """Creates; a volume of that name that exists already is a ``Conflict`` on every engine."""

    @abc.abstractmethod
    async def remove_volume(self, name: str, *, force: bool = False) -> None:
        """Removes; one that a container uses is a ``Conflict``. ``force``: also if its driver fails to."""

    @abc.abstractmethod
    async def inspect_volume(self, name: str) -> VolumeInfo: ...

    @abc.abstractmethod
    async def list_volumes(self, labels: Labels | None = None) -> list[VolumeInfo]: ...


class AsyncProgress(abc.ABC):
    """Where long work reports: one call for each line or layer state the engine sends."""

    @abc.abstractmethod
    async def report(self, event: Mapping[str, Any]) -> None: ...


__all__ = [
    "AsyncProgress", "Backend", "Capabilities", "Capability", "Kept", "Stream", "Support",
]  # fmt: skip
