"""Networks: what every engine can do with them, and the groups that it may lack."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from perry_ffi.backends.contract.stream import Labels

if TYPE_CHECKING:
    from perry_ffi.model.endpoint import EndpointSpec
    from perry_ffi.model.network import NetworkInfo, NetworkSpec


class Kept(NamedTuple):
    """What makes a network, or a container's place on one, again as it was: in the engine's own words, for it alone.

    name: of the network. id: the network's, or the container's.
    """

    name: str
    id: str
    document: Mapping[str, Any]


class Networks(abc.ABC):
    """The networks that are there. A container joins those of its specification as it is created."""

    @property
    def held_by_stopped(self) -> bool:
        """Whether a network stays while containers are on it that have stopped; else it may go before they do."""
        return True

    async def check_network(self, name: str, spec: NetworkSpec) -> None:  # noqa: B027 (nothing, unless a backend has to)
        """As ``Containers.check_container``, of ``create_network``."""

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


class NetworkAttachment(abc.ABC):
    """``op.network_attach``: containers that are there join networks and leave them."""

    @abc.abstractmethod
    async def connect_network(self, network: str, ident: str, endpoint: EndpointSpec) -> None:
        """Joins a container, created or running, to a network. ``Conflict`` if it is there already.

        ``Unsupported``, by member, for what the engine would drop.
        """

    @abc.abstractmethod
    async def disconnect_network(self, network: str, ident: str, *, force: bool = False) -> None:
        """Takes a container off a network. ``Conflict`` if it is not on it. force: even if the container is gone."""

    @abc.abstractmethod
    async def keep_place(self, network: str, ident: str) -> Kept | None:
        """A container's place on a network, as far as the engine tells it; ``None`` if it is not on it."""

    @abc.abstractmethod
    async def take_place_again(self, kept: Kept) -> str | None:
        """Puts a container back where it was, on the network that has the name now; one that is there is left alone.

        In words what of it the engine does not give again, ``None`` where it is as it was.
        """


class NetworkRemaking(abc.ABC):
    """``op.network_remake``: a network that goes can be made again as it was, with what the engine chose for it."""

    @abc.abstractmethod
    async def keep_network(self, name: str) -> Kept:
        """A network as it is now, with its labels, its options and its addresses, those too that the engine chose."""

    @abc.abstractmethod
    async def make_network_again(self, kept: Kept) -> None:
        """Makes a network that was kept, and is gone, again as it was, but for its id. ``Conflict`` if one has its name."""


__all__ = ["Kept", "NetworkAttachment", "NetworkRemaking", "Networks"]
