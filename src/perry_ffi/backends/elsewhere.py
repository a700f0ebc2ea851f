"""What the other engines of this machine hold, for a question that the one in use answers with nothing.

Cheap: one list call to each place that is there, side by side and bounded. No service is started for it, but that of an
engine which comes before the one in use and was too slow when engines were looked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import anyio

from perry_ffi import drivers
from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.contract.engine import Elsewhere
from perry_ffi.backends.contract.stream import Labels
from perry_ffi.backends.driver import Look, load
from perry_ffi.settings import Settings

SLOW_SECONDS = 10.0
"""How long an engine gets that was too slow when engines were looked for."""

SOON_SECONDS = 2.0
"""How long one gets where it is only asked whether it is there, too."""

Found = list[Elsewhere]


async def answering_elsewhere(settings: Settings, used: Backend, labels: Labels) -> list[tuple[str, Elsewhere]]:
    """The engines beside ``used`` that answer, each by the name that settings have for it, and what it has with ``labels``.

    One question to each place where one listens, side by side, bounded by ``SOON_SECONDS``; none is started for it.
    """
    found: list[tuple[str, Elsewhere]] = []

    async def one(look: Look) -> None:
        answer = await look.ask(labels, min(SOON_SECONDS, settings.probe_timeout))
        if answer is not None:
            found.append((look.name, answer))

    async with anyio.create_task_group() as group:
        for look in _looks(settings, used, ()):
            group.start_soon(one, look)
    return sorted(found, key=lambda row: (row[0], row[1].address))


async def held_elsewhere(settings: Settings, used: Backend, slow: Collection[str], labels: Labels) -> Found:
    """The engines beside ``used`` that have containers with ``labels``. slow: the names of those that were too slow.

    One that does not answer in time holds nothing, as far as can be told.
    """
    found: Found = []

    async def one(look: Look) -> None:
        held = await look.ask(labels, SLOW_SECONDS if look.name in slow else settings.probe_timeout)
        if held is not None and held.labels:
            found.append(held)

    async with anyio.create_task_group() as group:
        for look in _looks(settings, used, slow):
            group.start_soon(one, look)
    return sorted(found, key=lambda row: (row.name, row.address))


def _looks(settings: Settings, used: Backend, slow: Collection[str]) -> Iterator[Look]:
    """Where other engines are, each place once; of a slow one that is nowhere, what is started for it."""
    asked: dict[str, Look] = {}
    for row in drivers.DRIVEN:
        driver = load(row.name)
        assert driver is not None
        for look in driver.looks(settings, used):
            asked.setdefault(look.place, look)
        is_nowhere = row.name not in {look.name for look in asked.values()}
        if row.name in slow and is_nowhere and (started := driver.started(settings)) is not None:
            asked[f"{row.name}'s own"] = started
    yield from asked.values()
