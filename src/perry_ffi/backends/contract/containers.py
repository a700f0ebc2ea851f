"""Containers: what every engine that knows them can do with them."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.stream import Labels, Stream
from perry_ffi.cancellation import finish
from perry_ffi.errors import ContainerError, Unsupported

if TYPE_CHECKING:
    from perry_ffi.model.container import (
        ContainerHandle,
        ContainerInfo,
        ContainerLogs,
        ContainerSpec,
        ExecOptions,
        ExecResult,
        LogChunk,
        LogOptions,
    )


class Containers(abc.ABC):
    """Containers, from their creation to their removal."""

    lists_health: bool = True
    """Whether ``list_containers`` tells health; else only ``inspect_container`` does."""

    stand_beside: bool = True
    """Whether a container can be created with the ports of another that runs, and leaves the name that it is created with."""

    @property
    def late_networks(self) -> int:
        """Of how many networks a container may be created before they are there. To be started it needs them all."""
        return 0

    @abc.abstractmethod
    async def create_container(self, spec: ContainerSpec) -> ContainerHandle:
        """Creates, does not start. Pulls by ``spec.pull_policy`` (default: if missing). A failure leaves nothing."""

    async def check_container(self, spec: ContainerSpec) -> None:  # noqa: B027 (nothing, unless a backend has to)
        """Raises what ``create_container`` would raise before the engine is asked, and touches nothing.

        Unsupported for a member that it cannot honour; an engine that takes whatever a spec can say raises nothing.
        """

    @abc.abstractmethod
    async def start_container(self, ident: str) -> None:
        """Starts; a container that runs already is left alone."""

    @abc.abstractmethod
    async def stop_container(self, ident: str, timeout: float | None = None) -> None:
        """Stops, killing after ``timeout`` seconds (``None``: the container's own). A stopped one is left alone."""

    async def end_container(self, ident: str) -> None:
        """Kills a container that is to be removed; it may lose its networks before. One that does not run is left alone."""
        await self.stop_container(ident, 0)

    @abc.abstractmethod
    async def remove_container(self, ident: str, *, force: bool = False, volumes: bool = True) -> None:
        """Removes; a running one only with ``force``, which kills it. ``volumes``: its anonymous volumes go with it."""

    @abc.abstractmethod
    async def list_containers(self, *, all: bool, labels: Labels | None = None) -> list[ContainerInfo]:
        """Containers that carry all ``labels``; without ``all`` only those that run."""

    @abc.abstractmethod
    async def inspect_container(self, ident: str) -> ContainerInfo:
        """One container, with all that the record has; ``raw`` is the engine's own document, for programs alone."""

    async def container_spec(self, ident: str) -> ContainerSpec:
        """The specification that creates a container again, with its anonymous volumes by their names at their places.

        A backend without ``op.rename`` brings it: there a container is removed before its successor is created, and comes
        back by this if that fails. No other is asked.
        """
        reason = "it does not tell what a container was created from"
        raise Unsupported(f"container_spec: {reason}", member="container_spec", reason=reason)

    @abc.abstractmethod
    async def wait_container(self, ident: str, timeout: float | None = None) -> int:
        """Waits until it is not running and gives its exit code; ``Timeout`` after ``timeout`` seconds.

        One that ended already answers at once; one that was never started is a ``Conflict``, for it has no exit code. Right
        also where the container is removed as it ends; where nobody knows the code any more it is ``NotFound``, never 0.
        With a restart policy it is the first end.
        """

    async def container_logs(self, ident: str, options: LogOptions) -> ContainerLogs:
        """The log so far, the two streams apart."""
        from perry_ffi.model.container import ContainerLogs

        texts: dict[str, list[str]] = {"stdout": [], "stderr": []}
        stream = await self.read_logs(ident, options)
        try:
            while (batch := await stream.next()) is not None:
                for chunk in batch:
                    texts[chunk.stream].append(chunk.text)
        finally:
            await stream.aclose()
        return ContainerLogs(stdout="".join(texts["stdout"]), stderr="".join(texts["stderr"]))

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


__all__ = ["Containers"]
