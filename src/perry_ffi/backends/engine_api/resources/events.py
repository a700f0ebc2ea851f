"""What happens in an engine, as it happens, in one vocabulary for docker and podman."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, get_args

import anyio

from perry_ffi.backends.contract.emulated.until import UntilThen
from perry_ffi.backends.contract.stream import Labels, Stream
from perry_ffi.backends.engine_api.engine_client import EngineCalls, carries, label_filters
from perry_ffi.backends.engine_api.responses.fields import instant, mapping, reads, texts
from perry_ffi.backends.engine_api.transport.http import Request, ResponseStream
from perry_ffi.backends.engine_api.transport.json_lines import LineBuffer
from perry_ffi.errors import BackendError
from perry_ffi.model.event import EngineEvent, EventAction, EventKind, HealthStatus

_SHORTENED = "log-rotation"
"""Podman's word, with no object, for a log of events that it has cut in half."""
_SHORTENS_UNSEEN = (5, 0)
"""Podman from here on: a stream goes on where its log is cut."""
_SAME_CLOCK_NS = 2 * 10**9
_DOING = "follow the events"
OVERLAP_NS = 5 * 10**9
"""How far before the newest event a stream is opened anew."""
_SHORT_LIFE, _MAX_BARREN = 1.0, 3
"""A stream that tells nothing within seconds, so many times over, has ended."""


class Events(EngineCalls):
    """The stream of events."""

    async def events(
        self, labels: Labels | None = None, since: float | None = None, until: float | None = None
    ) -> Stream[EngineEvent]:
        filters = label_filters(labels, values_only=self.podman)
        if labels:
            filters["type"] = ["container", "image"]
        # A float of our days is up to a quarter of a microsecond off the moment that is meant.
        end = None if until is None else max(0, int(until * 10**9))
        if since is None:
            start = 0 if until is not None and until < time.time() else await self.engine_time()
        else:
            start = max(0, int(since * 10**9) - 1000)
        if until is not None and self.podman and until > time.time():
            return UntilThen(await self.subscribe(filters, start, labels), until)
        return await self.subscribe(filters, start, labels, end)

    async def subscribe(
        self, filters: Mapping[str, Sequence[str]], start: int, labels: Labels | None = None, end: int | None = None
    ) -> EventStream:
        """Events since ``start`` (nanoseconds since 1970, the engine's clock): those that pass the engine's ``filters``, or more.

        end: where the engine ends the stream, in the same way; of podman one that has passed, for it tells nothing where it is told
        an end, and all that there is where it shall not go on. An engine answers before it has subscribed. It replays what happened
        since ``start``, so nothing is lost. Podman 5 is asked for all of them: no filter lets the word pass that its log was
        shortened.
        """
        told = json.dumps(filters) if filters and not self._hides_shortening else None

        async def open_since(moment: int) -> ResponseStream:
            query: dict[str, str | bool | None] = {"since": _instant(moment), "filters": told}
            if end is not None:
                query |= {"stream": False} if self.podman else {"until": _instant(end)}
            return await self.open(Request("GET", ("events",), _DOING, query=query, patient=True))

        resume = open_since if self.podman and end is None else None
        return EventStream(await open_since(start), self.name, start, labels or {}, resume, end)

    @property
    def _hides_shortening(self) -> bool:
        return self.podman and self.version.abilities >= _SHORTENS_UNSEEN

    async def engine_time(self) -> int:
        """A moment of the engine's clock that has passed just now, in nanoseconds since 1970.

        On this kernel it is this process's clock. Elsewhere, in a virtual machine too, the engine tells its own; of one that
        does not, it is known only to the second, from the ``Date`` of an answer, so that events of the second before may be
        told again.
        """
        from email.utils import parsedate_to_datetime

        here = time.time_ns()
        reply = await self.ask(Request("GET", ("_ping",), _DOING, versioned=False))
        try:
            there = int(parsedate_to_datetime(reply.headers.get("date", "")).timestamp()) * 10**9
        except (ValueError, OverflowError):
            return here
        local = self.local and not self.is_in_machine
        return here if local and abs(there - here) < _SAME_CLOCK_NS else await self._time_there() or there

    async def _time_there(self) -> int:
        """The engine's own clock, as it is when the engine begins to answer; 0 where it does not tell it."""
        reply = await self.ask(Request("GET", ("info",), _DOING), also=(404, 500))
        document = reply.document() if reply.status == 200 else None
        said = document.get("SystemTime") if isinstance(document, dict) else None
        try:
            # A float of our days is up to a quarter of a microsecond off the moment that is meant.
            return max(0, int(instant(said) * 10**9) - 1000) if isinstance(said, str) else 0
        except ValueError:
            return 0


def _instant(moment: int) -> str:
    return f"{moment // 10**9}.{moment % 10**9:09d}"


class EventStream(Stream[EngineEvent]):
    """Events as the engine sends them: one read of the connection for each batch. end: where it ends by itself, if it does.

    resume: opens the stream anew, where its plain end is none: podman 4 ends it whenever it shortens its log of
    events, of which it keeps the newer half. Podman 5 goes on behind the word that it leaves there, and does not tell what
    was written just before: what follows that word is read from a stream that is opened anew.
    """

    def __init__(
        self,
        response: ResponseStream,
        backend: str,
        start: int,
        labels: Labels,
        resume: Callable[[int], Awaitable[ResponseStream]] | None = None,
        end: int | None = None,
    ) -> None:
        self._response = response
        self._lines = LineBuffer(doing=_DOING, backend=backend)
        self._backend, self._start, self._labels, self._resume = backend, start, labels, resume
        self._end = end
        self._recent = Recent()
        self._opened = anyio.current_time()
        self._barren = 0
        self._shortened = 0
        self._left = False
        self._closed = False

    async def next(self) -> Sequence[EngineEvent] | None:
        while not self._closed:
            data = None if self._left else await self._response.read()
            if self._closed:
                break
            if data is None and self._end is not None:
                return None
            if data is None:
                await self._go_on()
                continue
            told = self._as_far_as_whole(self._lines.feed(data))
            if any("Type" in item for item in told):
                # Podman answers 200 before it says that it keeps no events.
                self._barren = 0
            events = [event for item in told if (event := parse_event(item)) and self._wanted(event)]
            if events:
                return events
        return None

    def _as_far_as_whole(self, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What is told before the log was shortened, where it was since the stream was opened: it is left there."""
        for number, item in enumerate(told):
            if self._resume is not None and item.get("Action") == _SHORTENED and int(item.get("timeNano") or 0) > self._shortened:
                self._shortened, self._left = int(item["timeNano"]), True
                return told[: number + 1]
        return told

    async def _go_on(self) -> None:
        """After the end of the stream: opens it anew, or says that it ended."""
        if self._resume is None or self._barren >= _MAX_BARREN:
            self._response.close()
            raise BackendError(f"{_DOING}: the engine ended the stream", backend=self._backend, operation=_DOING)
        response = await self._resume(max(self._start, self._recent.newest - OVERLAP_NS))
        self._response.close()
        if self._closed:
            response.close()
        self._left = False
        now = anyio.current_time()
        self._barren = self._barren + 1 if now - self._opened < _SHORT_LIFE else 0
        self._response, self._opened = response, now
        self._lines = LineBuffer(doing=_DOING, backend=self._backend)

    def _wanted(self, event: EngineEvent) -> bool:
        if event.time < self._start or (self._end is not None and event.time > self._end):
            return False
        if not carries(event.attributes, self._labels):
            return False
        return self._resume is None or self._recent.is_new(event)

    async def aclose(self) -> None:
        self._closed = True
        self._response.close()


class Recent:
    """The events of the last seconds, so that none is told again when a stream is opened anew.

    Podman writes them in another order than their times say, for several of its processes write them.
    """

    def __init__(self) -> None:
        self.newest = 0
        self._times: dict[tuple[int, str, str], None] = {}
        self._limit = 1024

    def is_new(self, event: EngineEvent) -> bool:
        """Whether it was not seen before; it is from now on."""
        key = (event.time, event.id, event.action)
        if key in self._times:
            return False
        self._times[key] = None
        self.newest = max(self.newest, event.time)
        if len(self._times) > self._limit:
            self._times = {old: None for old in self._times if old[0] >= self.newest - 2 * OVERLAP_NS}
            self._limit = max(1024, 2 * len(self._times))
        return True


# -- one event ------------------------------------------------------------------------------------

_KINDS: Mapping[str, EventKind] = {kind: kind for kind in get_args(EventKind) if kind != "service"}
_HEALTH: Mapping[str, HealthStatus] = {status: status for status in get_args(HealthStatus)}
_ACTIONS = {
    "died": EventAction.ENDED.value,
    "exec": EventAction.COMMAND_STARTED.value,
    "exec_died": EventAction.COMMAND_ENDED.value,
    "remove": EventAction.REMOVED.value,
}
"""Podman's words, by ours. Docker's are ours."""
_CODE = re.compile(r"-?[0-9]{1,10}\Z")
"""A container's label may be called as the attribute is, and then takes its place."""
_HEX = re.compile(r"[0-9a-f]{64}\Z")


@reads("an event")
def parse_event(document: Mapping[str, Any]) -> EngineEvent | None:
    """The event that a line of ``GET /events`` tells; ``None`` for a kind of object that is not the contract's."""
    kind = _KINDS.get(str(document.get("Type")))
    if kind is None:
        return None
    # Docker adds the command of an exec, which may hold a secret, and the health: ``health_status: healthy``.
    action, _, remark = str(document["Action"]).partition(":")
    action = _ACTIONS.get(action, action)
    if kind == "image" and action == EventAction.REMOVED:
        action = "delete"
    actor = mapping(document["Actor"])
    attributes = texts(actor.get("Attributes"))
    ident, name = _identity(kind, action, str(actor.get("ID") or ""), attributes)
    return EngineEvent(
        kind=kind,
        action=action,
        id=ident,
        name=name,
        attributes=attributes,
        exit_code=_exit_code(action, attributes),
        # Podman 4 says it elsewhere, as it was before the probe.
        health=_HEALTH.get(remark.strip()) if action == EventAction.HEALTH else None,
        time=int(document.get("timeNano") or int(document["time"]) * 10**9),
    )


def _identity(kind: str, action: str, ident: str, attributes: dict[str, str]) -> tuple[str, str]:
    name = attributes.get("name", "")
    if kind == "network" and action in ("connect", "disconnect") and "container" not in attributes:
        # Podman tells which container it was, and not which network.
        attributes.pop("name", None)
        attributes["container"] = ident
        return "", ""
    if "oldName" in attributes:
        attributes["oldName"] = attributes["oldName"].removeprefix("/")
    if kind == "volume":
        return ident or name, name or ident
    if kind == "image" and _HEX.match(ident):
        return f"sha256:{ident}", name
    return ident, name


def _exit_code(action: str, attributes: Mapping[str, str]) -> int | None:
    if action not in (EventAction.ENDED, EventAction.COMMAND_ENDED):
        return None
    code = attributes.get("exitCode") or attributes.get("containerExitCode") or ""
    return int(code) if _CODE.match(code) else None
