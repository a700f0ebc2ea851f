"""What a driver gives: where its engine is looked for, and how it is asked there.

A module that the table (``perry_ffi.drivers``) names has one, as ``DRIVER``, or several by their engines' names, as
``DRIVERS``. ``detect`` and ``elsewhere`` walk the table and ask drivers; neither knows an engine by name.
"""

from __future__ import annotations

import abc
import importlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

from perry_ffi import drivers
from perry_ffi.model.answer import whole_text
from perry_ffi.model.backend import BackendInfo, BackendState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perry_ffi.backends.choice import Server
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.engine import Elsewhere
    from perry_ffi.backends.contract.stream import Labels
    from perry_ffi.settings import Settings


@dataclass
class Probe:
    """What one name answered. backend: the live connection, None where there is none. slow: it is there, and time was up."""

    info: BackendInfo
    backend: Backend | None = None
    slow: bool = False

    async def aclose(self) -> None:
        """Gives up the connection."""
        if self.backend is not None:
            await self.backend.aclose()


def unavailable(name: str, reason: str, remedy: str, state: BackendState = "broken") -> Probe:
    """The answer of an engine that cannot be used."""
    reason, remedy = whole_text(reason), whole_text(remedy)  # they have paths of the environment in them
    return Probe(BackendInfo(name=name, available=False, state=state, reason=reason, isolation_level=None, remedy=remedy))


class Place(NamedTuple):
    """Where an engine may be, in words, and the asking there, which ends by itself or is cancelled.

    starts: whether a program is started for it: that is not done beside another place, nor where one before it answers.
    """

    where: str
    ask: Callable[[], Awaitable[Probe]]
    starts: bool = False


class Look(NamedTuple):
    """One question to an engine that is not the one in use. name: whose place it is; place: it without symbolic links.

    ask: the engine's containers that carry all labels, within so many seconds; None where it does not answer.
    """

    name: str
    place: str
    ask: Callable[[Labels, float], Awaitable[Elsewhere | None]]


class Driver(abc.ABC):
    """One engine's driver."""

    name: str

    @abc.abstractmethod
    def places(self, settings: Settings) -> Iterator[Place]:
        """Where it is looked for, in order: of the places that answer the first is taken."""

    def server(self, settings: Settings, server: Server, *, any_engine: bool = False) -> Place:
        """The place that the environment names; asked where the table has a variable for it.

        any_engine: whether what answers may be another engine than ``name``.
        """
        raise NotImplementedError(f"{self.name} has a variable and no way to its server")

    def nowhere(self, settings: Settings, failures: Sequence[Probe]) -> Probe:
        """What is told where no place answered: of the failures, which are those of the places in turn, the first."""
        return failures[0]

    def looks(self, settings: Settings, used: Backend) -> Iterator[Look]:
        """Other places than that of ``used`` where containers of its engine may be, without starting anything."""
        yield from ()

    def started(self, settings: Settings) -> Look | None:
        """The look at an engine that has to be started for it."""
        return None


def load(name: str) -> Driver | None:
    """The driver of the engine ``name``; None where this version has none. Imports its module."""
    module = drivers.of(name).driver
    if not module:
        return None
    found = importlib.import_module(module)
    return cast(Driver, found.DRIVERS[name] if hasattr(found, "DRIVERS") else found.DRIVER)
