"""Health probes where the engine runs none: at the times at which it would, and one at a time, whoever asks for it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakValueDictionary

import anyio

from perry_ffi.errors import Conflict, Timeout
from perry_ffi.runtime.health import (
    has_healthcheck,
    known_health,
    last_passed,
    probe_interval,
    probe_retries,
    probes_of,
    seconds_to_probe,
    told_health,
)

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.container import ContainerInfo
    from perry_ffi.model.event import HealthResult, HealthStatus


class Turn:
    """Whose turn it is to probe a container. since: from when on somebody has been at it, in seconds since 1970."""

    def __init__(self) -> None:
        self.lock = anyio.Lock()
        self.since = time.time()


_turns: MutableMapping[Backend, MutableMapping[str, Turn]] = WeakKeyDictionary()
"""By engine and container."""


async def current_health(backend: Backend, info: ContainerInfo) -> HealthStatus | None:
    """The health of a running container: the engine's word where it runs the probes, else what is known of it."""
    if await backend.health_probes_run_by_engine():
        return told_health(info)
    turn = _turns.get(backend, {}).get(info.id)
    return known_health(info, time.time(), since=turn.since if turn else None)


class Probing:
    """The probes of one container by one who waits for its health, or keeps it up to date."""

    def __init__(self, backend: Backend, ident: str) -> None:
        self._backend, self._ident = backend, ident
        turns = _turns.setdefault(backend, WeakValueDictionary())
        self.turn = turns.get(ident) or turns.setdefault(ident, Turn())
        self._not_before = 0.0
        self._hung = 0
        self.given_up: HealthStatus | None = None
        """The health that follows where the last probe was given up: the engine knows nothing of that one."""

    def seconds_left(self, info: ContainerInfo) -> float:
        """Until the next probe. Also where the engine's clock is another, there is an interval between two of these."""
        return max(seconds_to_probe(info, time.time()), self._not_before - anyio.current_time())

    async def probe(self, info: ContainerInfo) -> HealthResult | None:
        """Runs a probe, unless somebody did meanwhile. ``None`` where none was run, or the container does not run any more.

        One that the engine does not end is a failed one; the engine does not count it, so it is counted here.
        """
        from perry_ffi.model.event import HealthResult

        self._not_before = anyio.current_time() + probe_interval(info)
        self.given_up = None
        async with self.turn.lock:
            if seconds_to_probe(await self._backend.inspect_container(self._ident), time.time()) > 0:
                return None
            try:
                found = await self._backend.probe_health(self._ident)
            except Conflict:
                return None
            except Timeout as error:
                self._hung += 1
                self.given_up = "unhealthy" if self._hung >= probe_retries(info) else "starting"
                return HealthResult(status=self.given_up, output=error.message)
        self._hung = 0
        return found


class Believed:
    """The health of one container, for one who waits for it and runs the probes that nobody else does.

    A record says something while it is younger than the check's interval, and where it came while it was waited for:
    clocks may differ. Healthy is what passed its newest probe.
    """

    def __init__(self, backend: Backend, ident: str) -> None:
        self._probing = Probing(backend, ident)
        self.turn = self._probing.turn
        self._seen: float | None = None
        self._looked = False
        self.last: HealthResult | None = None
        """What the last probe of this one's own found."""

    async def look(
        self, info: ContainerInfo, again: Callable[[], Awaitable[ContainerInfo]]
    ) -> tuple[ContainerInfo, float | None]:
        """The container with the health that can be believed, after a probe if one is due; and when the next one is.

        again: looks at it anew.
        """
        if not has_healthcheck(info) or info.status not in ("running", "paused"):
            return info, None
        health = self._health(info)
        if health != "healthy" and info.status == "running" and not self._probing.seconds_left(info):
            self.last = await self._probing.probe(info) or self.last
            info = await again()
            health = self._probing.given_up or self._health(info)
        pause = self._probing.seconds_left(info) if health != "healthy" and info.status == "running" else None
        return info.model_copy(update={"health": health}), pause

    def _health(self, info: ContainerInfo) -> str:
        newest = max((probe.end for probe in probes_of(info)), default=None)
        is_new = self._looked and newest is not None and newest != self._seen
        self._seen, self._looked = newest, True
        found = known_health(info, None if is_new else time.time())
        return "starting" if found is None or (found == "healthy" and not last_passed(info)) else found
