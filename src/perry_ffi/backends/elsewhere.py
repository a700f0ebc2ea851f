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

Found = list[Elsewhere]


async def held_elsewhere(settings: Settings, used: Backend, slow: Collection[str], labels: Labels) -> Found:
    """The engines beside ``used`` that have containers with ``labels``. slow: the names of those that were too slow.

    One that does not answer in time holds nothing, as far as can be told.
    """
    found: Found = []

    async def one(look: Look) -> None:
        held = await look.ask(labels, SLOW_SECONDS if look.name in slow else settings.probe_timeout)
        if held is not None:
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
