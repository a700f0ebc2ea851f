"""Where in podman's log of a container one run ends and the next begins: told by its events, for the log's times are whole
seconds.

Before it starts a container anew, and after the last run has ended, Podman tells ``init``. Its log takes that moment, to the
nanosecond: what comes before it is of earlier runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from perry_ffi.backends.engine_api.logs.frames import FrameDecoder, Join
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.json_lines import json_lines
from perry_ffi.errors import BackendError, ValidationError
from perry_ffi.model.container_values import moment

if TYPE_CHECKING:
    from perry_ffi.backends.engine_api.logs.follow import Log

_SECOND = 10**9


class Runs:
    """The runs of a container up to now. query: of its log, whose frames are counted. until: where it ends, if anywhere."""

    def __init__(self, log: Log, query: Mapping[str, str], *, until: int) -> None:
        self._log, self._query, self._until = log, query, until
        self._begins: list[int] | None = None
        self._before: dict[int, int] = {}

    async def parts(self, join: Join) -> bool:
        """Whether a run began between the frames of ``join``; no for frames that tell no time."""
        began, begins = _second(join.began), _second(join.begins)
        if began is None or begins is None:
            return False
        if self._begins is None:
            self._begins = await self._read_begins()
        for begin in self._begins:
            if began <= begin // _SECOND <= begins and join.before < await self._frames_before(begin) <= join.after:
                return True
        return False

    async def _read_begins(self) -> list[int]:
        """When each run began. None where podman is told to keep no events: then nothing is parted."""
        filters = json.dumps({"container": [self._log.ident]})
        query = {"stream": "false", "since": "0", "filters": filters}
        request = Request("GET", ("v4.0.0", "libpod", "events"), self._log.doing, query=query, versioned=False)
        calls = self._log.calls
        try:
            stream = await calls.open(request)
        except BackendError:
            return []
        try:
            found = [event async for event in json_lines(stream, doing=self._log.doing, backend=calls.name)]
        finally:
            stream.close()
        return [int(event["timeNano"]) for event in found if event.get("Action") == "init" and event.get("timeNano")]

    async def _frames_before(self, ns: int) -> int:
        """How many frames of the log are older than ``ns``."""
        if ns not in self._before:
            until = min(ns, self._until) if self._until else ns
            query = {**self._query, "until": rfc3339(until)}
            calls = self._log.calls
            answer = await calls.open(self._log.asks(query), subject=self._log.ident)
            frames = FrameDecoder(doing=self._log.doing, backend=calls.name)
            try:
                while (data := await answer.read()) is not None:
                    frames.feed(data)
            finally:
                answer.close()
            self._before[ns] = frames.count
        return self._before[ns]


def _second(text: bytes) -> int | None:
    """The second with which a frame begins, where it does."""
    try:
        return moment(text.partition(b" ")[0].decode("ascii")).ns // _SECOND
    except (ValueError, ValidationError):
        return None


def rfc3339(ns: int) -> str:
    """The moment in words, which Podman reads to the nanosecond: of a number it keeps a quarter of a microsecond."""
    at = datetime.fromtimestamp(ns // _SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{at}.{ns % _SECOND:09d}Z"
