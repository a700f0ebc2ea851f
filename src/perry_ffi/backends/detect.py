"""Which engines answer on this machine, why the others do not, and the connection to the first that does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import anyio

from perry_ffi.backends.asking import in_time
from perry_ffi.backends.asking import probe as probe_one
from perry_ffi.backends.choice import KNOWN, Server, checked, named_server, order_in_force, platform_order
from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.driver import Probe, load
from perry_ffi.cancellation import finish
from perry_ffi.errors import BackendNotAvailable, ContainerError, NoBackendFound
from perry_ffi.model.backend import BackendInfo
from perry_ffi.settings import LOCAL_FIRST, Settings


@dataclass(frozen=True)
class Choice:
    """The engine that was found. reason: why it is this one. slow: those that come before it, are installed, and did not
    answer in time.

    asked_for: by name or by its server, and not the first that answers of several.
    """

    backend: Backend
    reason: str
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
    places: dict[str, str] = {}

    async def one(name: str) -> None:
        until = anyio.current_time() + settings.probe_timeout
        probe = await probe_one(settings, name)
        if probe.backend is not None:
            places[name] = probe.backend.identity
        rows[name] = await _told(probe, until)
        await finish(probe.aclose())

    async with anyio.create_task_group() as group:
        for name in order:
            group.start_soon(one, name)
    return list(_known_apart([rows[name] for name in order], places))


def _known_apart(rows: Sequence[BackendInfo], places: Mapping[str, str]) -> Iterator[BackendInfo]:
    """The rows, those told as the same that are one engine by several names. places: what tells each from another."""
    first: dict[str, str] = {}
    for row in rows:
        place = places.get(row.name)
        before = first.setdefault(place, row.name) if place else row.name
        yield row if before == row.name else row.model_copy(update={"same_as": before})


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
    slow = tuple(probes[name].info for name in before if probes[name].slow)
    if len(order) > 1:
        return Choice(chosen, f"the first of {', '.join(order)} that answers", slow)
    by_whom = "it was asked for by name" if names is not None else "PERRY_CONTAINER_BACKEND names it"
    return Choice(chosen, by_whom, slow, asked_for=True)


async def _first_that_lives(settings: Settings, order: Sequence[str]) -> tuple[dict[str, Probe], Backend | None]:
    """The probes up to the first of ``order`` that lives, and that one; the connections of the others are given up."""
    ready = {name: anyio.Event() for name in order}
    probes: dict[str, Probe] = {}
    chosen: Backend | None = None

    async def one(name: str) -> None:
        probes[name] = await probe_one(settings, name)
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
    found = await in_time(settings, server.name, place)
    if found.backend is not None:
        return Choice(found.backend, f"{server.variable} names its server", asked_for=True)
    row = found.info
    others = f"unset {server.variable}, or set PERRY_CONTAINER_MODE={LOCAL_FIRST}, to use an engine of this machine"
    raise BackendNotAvailable(
        f"the engine that {server.variable} names cannot be used: {row.reason}", backend=row.name, reason=row.reason,
        remedy=f"{row.remedy}; or {others}", variable=server.variable,
        probes=[_in_short(row)],
    )  # fmt: skip


def _in_short(row: BackendInfo) -> dict[str, object]:
    return {"name": row.name, "state": row.state, "reason": row.reason, "remedy": row.remedy}


def _nothing(rows: Sequence[BackendInfo]) -> ContainerError:
    table = [_in_short(row) for row in rows]
    if len(rows) == 1:
        row = rows[0]
        return BackendNotAvailable(
            f"{row.name} does not answer: {row.reason}", backend=row.name, reason=row.reason, remedy=row.remedy,
            probes=table,
        )  # fmt: skip
    said = "; ".join(f"{row.name}: {row.reason}" for row in rows)
    return NoBackendFound(f"no container engine answers ({said})", probes=table)


__all__ = ["KNOWN", "Choice", "Probe", "choose", "connect", "detect", "platform_order"]
