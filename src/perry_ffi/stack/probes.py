"""Health probes where the engine runs none: at the times at which it would, and one at a time, whoever asks for it."""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakValueDictionary

import anyio

from perry_ffi.errors import Conflict, Timeout
from perry_ffi.model.container_values import moment

if TYPE_CHECKING:
    from perry_ffi.backends.base import Backend
    from perry_ffi.model.container import ContainerInfo
    from perry_ffi.model.event import HealthResult

DEFAULT_INTERVAL, DEFAULT_RETRIES = 30.0, 3

_turns: MutableMapping[Backend, MutableMapping[str, anyio.Lock]] = WeakKeyDictionary()
"""By engine and container: whose turn it is to probe."""


def has_healthcheck(info: ContainerInfo) -> bool:
    """Whether the container has a health check, from the file or its image."""
    test = _check(info).get("Test") or []
    return bool(test) and test[0] != "NONE"


def probe_interval(info: ContainerInfo) -> float:
    """Seconds between two probes."""
    return (_check(info).get("Interval") or DEFAULT_INTERVAL * 1e9) / 1e9


def seconds_to_probe(info: ContainerInfo, clock: float) -> float:
    """Seconds until the next probe is due: an interval after the start or after the end of the last one. clock: since 1970."""
    ends = [str(row.get("End") or "") for row in (_state(info).get("Health") or {}).get("Log") or ()]
    last = max((moment(text).ns / 1e9 for text in (info.started_at, *ends[-1:]) if text), default=0.0)
    every = probe_interval(info)
    return min(max(0.0, last + every - clock), every)


def _retries(info: ContainerInfo) -> int:
    return int(_check(info).get("Retries") or DEFAULT_RETRIES)


def _check(info: ContainerInfo) -> dict[str, Any]:
    return ((info.raw or {}).get("Config") or {}).get("Healthcheck") or {}


def _state(info: ContainerInfo) -> dict[str, Any]:
    return (info.raw or {}).get("State") or {}


class Probing:
    """The probes of one container by one who waits for its health, or keeps it up to date."""

    def __init__(self, backend: Backend, ident: str) -> None:
        self._backend, self._ident = backend, ident
        turns = _turns.setdefault(backend, WeakValueDictionary())
        self._turn = turns.get(ident) or turns.setdefault(ident, anyio.Lock())
        self._not_before = 0.0
        self._hung = 0

    def seconds_left(self, info: ContainerInfo) -> float:
        """Until the next probe. Also where the engine's clock is another, there is an interval between two of these."""
        return max(seconds_to_probe(info, time.time()), self._not_before - anyio.current_time())

    async def probe(self, info: ContainerInfo) -> HealthResult | None:
        """Runs a probe, unless somebody did meanwhile. ``None`` where none was run, or the container does not run any more.

        One that the engine does not end is a failed one; the engine does not count it, so it is counted here.
        """
        from perry_ffi.model.event import HealthResult

        self._not_before = anyio.current_time() + probe_interval(info)
        async with self._turn:
            if seconds_to_probe(await self._backend.inspect_container(self._ident), time.time()) > 0:
                return None
            try:
                found = await self._backend.probe_health(self._ident)
            except Conflict:
                return None
            except Timeout as error:
                self._hung += 1
                status = "unhealthy" if self._hung >= _retries(info) else "starting"
                return HealthResult(status=status, output=error.message)
        self._hung = 0
        return found
