"""The log of a container as Docker serves it."""

from __future__ import annotations

from collections.abc import Mapping

from perry_ffi.backends.engine_api.engine_client import EngineCalls
from perry_ffi.backends.engine_api.logs.follow import Log
from perry_ffi.backends.engine_api.logs.frames import FrameDecoder, PlainDecoder, StampedDecoder
from perry_ffi.backends.engine_api.logs.line_parts import LineParts
from perry_ffi.backends.engine_api.logs.log_cursor import START, Place
from perry_ffi.backends.engine_api.logs.terminal_log import TerminalDecoder
from perry_ffi.backends.engine_api.transport.http import ResponseStream


class DockerLog(Log):
    """Found again by time: Docker's are nanoseconds, and ``since`` takes them. Frames are counted from there.

    The lines of a terminal come without frames: those are counted in bytes, and the end of their last lines (``tail``) is
    what the stream brings.
    """

    drops = False

    def __init__(self, calls: EngineCalls, ident: str, query: Mapping[str, str], doing: str, *, terminal: bool) -> None:
        self._keep = query["timestamps"] == "1"
        own = {} if terminal else {"timestamps": "1"}
        super().__init__(calls, ident, {**query, **own}, doing, terminal=terminal)

    def decoder(self, start: Place) -> FrameDecoder | PlainDecoder:
        if self.terminal:
            return TerminalDecoder(start) if self._keep else PlainDecoder(start)
        return StampedDecoder(
            doing=self.doing, backend=self.calls.name, start=start, keep=self._keep, from_first=self._query["tail"] != "all"
        )

    def line_parts(self) -> LineParts | None:
        return LineParts(same_time=True) if self._keep else None

    async def start(self) -> Place:
        return START

    async def rest(self, taken: Place) -> ResponseStream:
        query = dict(self._query)
        if taken.stamp:
            since = max(taken.stamp, self.asked("since"))
            query |= {"since": f"{since // 10**9}.{since % 10**9:09d}", "tail": "all"}
        elif taken.bytes and query["tail"] != "all":
            query |= {"tail": "0"}
        return await self.calls.open(self.asks(query), subject=self.ident)
