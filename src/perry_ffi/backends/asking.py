"""One engine is asked at its places: its sockets side by side, programs one by one after them, all within the probe's bound.

Where several answer the first of them is taken, also where the one before it is silent to the end of the bound.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from perry_ffi import drivers
from perry_ffi.backends.driver import Driver, Place, Probe, load, unavailable
from perry_ffi.cancellation import finish
from perry_ffi.model.answer import whole_text

if TYPE_CHECKING:
    from perry_ffi.settings import Settings


async def probe(settings: Settings, name: str) -> Probe:
    """The engine ``name`` at the first of its places that answers, else what its driver makes of the failures."""
    driver = load(name)
    if driver is None:
        return unavailable(name, drivers.NOT_DRIVEN, drivers.instead(), "unsupported")
    asking = _Asking()
    chosen: Probe | None = None
    try:
        ended = await _in_bound(settings, asking.all(settings, driver))
        chosen = asking.first()
    finally:
        for answer in asking.answers.values():
            if answer is not chosen:
                await finish(answer.aclose())
    if chosen is not None:
        return chosen
    return _with_evidence(ended or late(settings, name, (asking.silent or asking.asked)[0]), asking, settings)


@dataclass
class _Asking:
    """The places that were asked, and what they answered, by their number."""

    asked: list[str] = field(default_factory=list)
    answers: dict[int, Probe] = field(default_factory=dict)

    @property
    def failures(self) -> list[Probe]:
        """In the order of their places."""
        return [answer for _, answer in sorted(self.answers.items()) if answer.backend is None]

    @property
    def silent(self) -> list[str]:
        """Places that have not answered."""
        return [where for number, where in enumerate(self.asked) if number not in self.answers]

    def first(self) -> Probe | None:
        """The first of those that live."""
        return next((answer for _, answer in sorted(self.answers.items()) if answer.backend is not None), None)

    async def all(self, settings: Settings, driver: Driver) -> Probe | None:
        """Asks until one lives; what the driver makes of it where none does."""
        for places in _rounds(driver.places(settings)):
            await self._side_by_side(places)
            if self.first() is not None:
                return None
        return driver.nowhere(settings, self.failures)

    async def _side_by_side(self, places: Sequence[Place]) -> None:
        """Ends with the first that lives, once all before it have failed."""
        begin = len(self.asked)
        self.asked += [place.where for place in places]
        ended = [anyio.Event() for _ in places]

        async def one(index: int) -> None:
            self.answers[begin + index] = await places[index].ask()
            ended[index].set()

        async with anyio.create_task_group() as group:
            for index in range(len(places)):
                group.start_soon(one, index)
            for index, event in enumerate(ended):
                await event.wait()
                if self.answers[begin + index].backend is not None:
                    group.cancel_scope.cancel()
                    return


def _rounds(places: Iterable[Place]) -> Iterator[list[Place]]:
    """Those that are asked side by side; a program is started alone."""
    together: list[Place] = []
    for place in places:
        if place.starts:
            if together:
                yield together
            together = []
            yield [place]
        else:
            together.append(place)
    if together:
        yield together


def _with_evidence(told: Probe, asking: _Asking, settings: Settings) -> Probe:
    """The probe with where it was last looked, and what every place said; one that was silent said that."""
    said = [answer.info.reason for answer in asking.failures]
    said += [whole_text(_silence(where, settings)) for where in (asking.silent if told.slow else ())]
    last = (asking.silent or asking.asked[-1:])[:1]
    where = told.info.where or (whole_text(last[0]) if last else None)
    return replace(told, info=told.info.model_copy(update={"where": where, "evidence": list(dict.fromkeys(said))}))


# -- in time ------------------------------------------------------------------------------------

_MORE_TIME = ", or give it more time with PERRY_CONTAINER_PROBE_TIMEOUT"


async def in_time(settings: Settings, name: str, place: Place) -> Probe:
    """What a place answers, or that it does not within ``probe_timeout``."""
    return await _in_bound(settings, place.ask()) or late(settings, name, place.where)


async def _in_bound(settings: Settings, asking: Awaitable[Probe | None]) -> Probe | None:
    with anyio.move_on_after(settings.probe_timeout):
        return await asking
    return None


def late(settings: Settings, name: str, place: str) -> Probe:
    """What is told of a place that does not answer in time."""
    return replace(unavailable(name, _silence(place, settings), f"{_unstuck(place, name)}{_MORE_TIME}"), slow=True)


def _silence(place: str, settings: Settings) -> str:
    return f"{place} does not answer within {settings.probe_timeout:g} s"


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


__all__ = ["in_time", "late", "probe"]
