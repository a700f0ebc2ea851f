"""Which engines answer on this machine, why the others do not, and the connection to the first that does."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import anyio

from perry_ffi import drivers
from perry_ffi.backends.choice import KNOWN, Server, checked, named_server, order_in_force, platform_order
from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.driver import Driver, Probe, load, unavailable
from perry_ffi.cancellation import finish
from perry_ffi.errors import BackendNotAvailable, ContainerError, NoBackendFound
from perry_ffi.model.backend import BackendInfo
from perry_ffi.settings import LOCAL_FIRST, Settings


@dataclass(frozen=True)
class Choice:
    """The engine that was found. slow: those that come before it, are installed, and did not answer in time.

    asked_for: by name or by its server, and not the first that answers of several.
    """

    backend: Backend
    slow: tuple[BackendInfo, ...] = ()
    asked_for: bool = False

    @property
    def warning(self) -> str | None:
        """What is to be said of the slow ones."""
        if not self.slow:
            return None
        backend = self.backend
        used = f"{backend.name} at {backend.address}" if backend.address else backend.name
        told = "; ".join(f"{row.name} is installed, but {row.reason}" for row in self.slow)
        names = " and ".join(row.name for row in self.slow)
        return (
            f"{told}: {used} is used, and what {names} holds is not seen "
            "(PERRY_CONTAINER_PROBE_TIMEOUT gives more time, PERRY_CONTAINER_BACKEND says which one is meant)"
        )


async def detect(settings: Settings, names: Sequence[str] | None = None) -> list[BackendInfo]:
    """One row for each of ``names`` (default: the order in force), probed side by side, each within ``probe_timeout``.

    Raises ValidationError for a name that does not exist.
    """
    order = checked(order_in_force(settings) if names is None else names)
    rows: dict[str, BackendInfo] = {}

    async def one(name: str) -> None:
        until = anyio.current_time() + settings.probe_timeout
        probe = await _probe(settings, name)
        rows[name] = await _told(probe, until)
        await finish(probe.aclose())

    async with anyio.create_task_group() as group:
        for name in order:
            group.start_soon(one, name)
    return [rows[name] for name in order]


async def _told(probe: Probe, until: float) -> BackendInfo:
    """What the engine that answers says of itself; what its probe says where it does not say it in time."""
    with anyio.CancelScope(deadline=until), suppress(ContainerError):
        if probe.backend is not None:
            return await probe.backend.info()
    return probe.info


async def connect(settings: Settings, names: Sequence[str] | None = None) -> Backend:
    """The backend of ``choose``."""
    return (await choose(settings, names)).backend


async def choose(settings: Settings, names: Sequence[str] | None = None) -> Choice:
    """The first of ``names`` that lives; all are probed side by side. Without names: the server that the environment names
    and nothing else, or the order in force where that comes first.

    Raises ValidationError for a name that does not exist; BackendNotAvailable where one name or server was asked for and
    NoBackendFound where several were, each with the probes.
    """
    if names is None and (server := named_server(settings)) is not None:
        return await _choose_server(settings, server)
    order = checked(order_in_force(settings) if names is None else names)
    probes, chosen = await _first_that_lives(settings, order)
    if chosen is None:
        raise _nothing([probes[name].info for name in order])
    before = order[: next(i for i, name in enumerate(order) if probes[name].backend is chosen)]
    return Choice(chosen, tuple(probes[name].info for name in before if probes[name].slow), len(order) == 1)


async def _first_that_lives(settings: Settings, order: Sequence[str]) -> tuple[dict[str, Probe], Backend | None]:
    """The probes up to the first of ``order`` that lives, and that one; the connections of the others are given up."""
    ready = {name: anyio.Event() for name in order}
    probes: dict[str, Probe] = {}
    chosen: Backend | None = None

    async def one(name: str) -> None:
        probes[name] = await _probe(settings, name)
        ready[name].set()

    try:
        async with anyio.create_task_group() as group:
            for name in order:
                group.start_soon(one, name)
            for name in order:
                await ready[name].wait()
                if (chosen := probes[name].backend) is not None:
                    group.cancel_scope.cancel()
                    break
    finally:
        for probe in probes.values():
            if probe.backend is not chosen:
                await finish(probe.aclose())
    return probes, chosen


async def _choose_server(settings: Settings, server: Server) -> Choice:
    """The engine behind a server that the environment names, whichever it is: no other one stands in for it."""
    driver = load(server.name)
    assert driver is not None
    place = driver.server(settings, server, any_engine=True)
    found = await _in_time(settings, server.name, [place.where], place.ask())
    if found.backend is not None:
        return Choice(found.backend, asked_for=True)
    row = found.info
    others = f"unset {server.variable}, or set PERRY_CONTAINER_MODE={LOCAL_FIRST}, to use an engine of this machine"
    raise BackendNotAvailable(
        f"the engine that {server.variable} names cannot be used: {row.reason}", backend=row.name, reason=row.reason,
        remedy=f"{row.remedy}; or {others}", variable=server.variable,
        probes=[{"name": row.name, "reason": row.reason, "remedy": row.remedy}],
    )  # fmt: skip


def _nothing(rows: Sequence[BackendInfo]) -> ContainerError:
    table = [{"name": row.name, "reason": row.reason, "remedy": row.remedy} for row in rows]
    if len(rows) == 1:
        row = rows[0]
        return BackendNotAvailable(
            f"{row.name} does not answer: {row.reason}", backend=row.name, reason=row.reason, remedy=row.remedy,
            probes=table,
        )  # fmt: skip
    said = "; ".join(f"{row.name}: {row.reason}" for row in rows)
    return NoBackendFound(f"no container engine answers ({said})", probes=table)


# -- one probe ----------------------------------------------------------------------------------


async def _probe(settings: Settings, name: str) -> Probe:
    """Tries the places of one engine in turn; the first answer counts, else what its driver makes of the failures."""
    driver = load(name)
    if driver is None:
        return unavailable(name, drivers.NOT_DRIVEN, drivers.instead())
    asked: list[str] = []
    return await _in_time(settings, name, asked, _asking_places(settings, driver, asked))


_MORE_TIME = ", or give it more time with PERRY_CONTAINER_PROBE_TIMEOUT"


async def _in_time(settings: Settings, name: str, asked: Sequence[str], asking: Awaitable[Probe]) -> Probe:
    """The probe, or that the last of the places ``asked`` does not answer within ``probe_timeout``."""
    found: Probe | None = None
    with anyio.move_on_after(settings.probe_timeout):
        found = await asking
    if found is not None:
        return found
    place = asked[-1]
    late = unavailable(
        name, f"{place} does not answer within {settings.probe_timeout:g} s", f"{_unstuck(place, name)}{_MORE_TIME}"
    )
    return replace(late, slow=True)


def _unstuck(place: str, name: str) -> str:
    """What helps where nothing answers in time."""
    if not place.startswith(("ssh://", "tcp://")):
        return f"restart {name}"
    scheme, _, rest = place.partition("://")
    host = rest.partition("/")[0]
    return (
        f"see whether '{_by_hand(host)}' works" if scheme == "ssh" else f"see whether {host} can be reached and {name} runs there"
    )


def _by_hand(host: str) -> str:
    """How somebody types it."""
    found = re.fullmatch(r"(.*@)?(?:\[(.+)\]|([^:]+))(?::(\d+))?", host)
    if found is None:
        return f"ssh {host}"
    return f"ssh {f'-p {found[4]} ' if found[4] else ''}{found[1] or ''}{found[2] or found[3]}"


async def _asking_places(settings: Settings, driver: Driver, asked: list[str]) -> Probe:
    failures: list[Probe] = []
    for place in driver.places(settings):
        asked.append(place.where)
        found = await place.ask()
        if found.backend is not None:
            return found
        failures.append(found)
    return driver.nowhere(settings, failures)


__all__ = ["KNOWN", "Choice", "Probe", "choose", "connect", "detect", "platform_order"]
