"""What every engine tells of itself, whether it knows containers, services, or both."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from perry_ffi.backends.contract.capability import Capabilities

if TYPE_CHECKING:
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.model.api_socket import ApiSocket
    from perry_ffi.model.backend import BackendInfo


class Elsewhere(NamedTuple):
    """Another engine of this machine, and the labels of each of its containers that were asked for."""

    name: str
    address: str
    labels: tuple[Mapping[str, str], ...]


class Engine(abc.ABC):
    """One engine, found and connected."""

    name: str
    capabilities: Capabilities
    identity: str
    """Tells one engine from another on this machine: the same text for the same engine, in every process."""
    address: str | None = None
    """Where it listens, in words (``unix:///run/x.sock``); ``None`` for one that only this process speaks to."""
    api_socket: ApiSocket | None = None
    """The socket of its API, for containers that are given it; ``None`` where none is known on the machine it runs on."""
    shares_files: bool = True
    """Whether paths of this machine are paths of the engine's, in bind mounts say; not so where it is on another machine."""
    services: Services | None = None
    """Its services, where it is an engine that keeps such by itself; ``None`` where projects are made of containers."""

    def unshared(self, source: str) -> str:
        """Why a bind mount of this machine's path ``source`` may be empty where the engine runs; empty where it is not, or
        that is not known.
        """
        return ""

    @property
    @abc.abstractmethod
    def parallel_calls(self) -> int:
        """How many calls at a time serve best: the engine's own work is the cost, so near its processor count."""

    @abc.abstractmethod
    async def aclose(self) -> None:
        """Closes every connection; streams that are still open end. Idempotent."""

    @abc.abstractmethod
    async def info(self) -> BackendInfo:
        """Name, version, mode and isolation level of the live engine."""


__all__ = ["Elsewhere", "Engine"]
