"""The log of a container as Podman serves it."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from perry_ffi.backends.engine_api.engine_client import EngineCalls
from perry_ffi.backends.engine_api.logs.follow import Body, Log, nanoseconds
from perry_ffi.backends.engine_api.logs.frames import FrameDecoder, Join
from perry_ffi.backends.engine_api.logs.line_parts import LineParts
from perry_ffi.backends.engine_api.logs.log_cursor import START, Place
from perry_ffi.backends.engine_api.logs.podman_runs import Runs, rfc3339
from perry_ffi.backends.engine_api.transient_errors import Patience
from perry_ffi.backends.engine_api.transport.http import MAX_ERROR, Request


class PodmanLog(Log):
    """Counted in frames, one for each line or piece of a line: Podman's times are whole seconds before 5.

    The last lines are counted here: Podman garbles lines that were written in pieces when it takes them from the end.
    """

    drops = True

    def __init__(self, calls: EngineCalls, ident: str, query: Mapping[str, str], doing: str, *, terminal: bool) -> None:
        super().__init__(calls, ident, {**query, **_with_bounds(query), "tail": "all"}, doing, terminal=terminal)
        self._tail = query["tail"]
        self._runs: Runs | None = None

    def asks(self, query: Mapping[str, str]) -> Request:
        """Where there is a terminal in podman's own API, which has frames there too: the parts of lines are told by them."""
        asked = super().asks({**query, **{name: _in_words(query[name]) for name in ("since", "until") if name in query}})
        return replace(asked, path=("v4.0.0", "libpod", *asked.path), versioned=False) if self.terminal else asked

    def decoder(self, start: Place) -> FrameDecoder:
        return FrameDecoder(doing=self.doing, backend=self.calls.name, start=start)

    def line_parts(self) -> LineParts | None:
        return LineParts(same_time=False) if self._query["timestamps"] == "1" else None

    async def parts(self, join: Join) -> bool:
        if self._runs is None:
            self._runs = Runs(self, self._query, until=self.asked("until"))
        return await self._runs.parts(join)

    async def follow(self) -> Body:
        self._runs = None
        return _Answer(self, await super().follow(), super().follow)

    async def rest(self, taken: Place) -> Body:
        self._runs = None
        again = super().rest
        checked = _Answer(self, await again(taken), lambda: again(taken))
        try:
            await checked.check()
        except BaseException:
            checked.close()
            raise
        return checked

    async def start(self) -> Place:
        if self._tail == "all":
            return START
        count = int(self._tail)
        answer = await self.rest(START)
        try:
            lines = _LineStarts(count, doing=self.doing, backend=self.calls.name)
            while (data := await answer.read()) is not None:
                lines.feed(data)
            return lines.first()
        finally:
            answer.close()


def _with_bounds(query: Mapping[str, str]) -> dict[str, str]:
    """``since`` and ``until`` so that lines of those very moments are in it, as Docker has them: Podman leaves them out."""
    return {name: _later(query[name], by) for name, by in (("since", -1), ("until", 1)) if name in query}


def _later(epoch: str, ns: int) -> str:
    moved = max(0, nanoseconds(epoch) + ns)
    return f"{moved // 10**9}.{moved % 10**9:09d}"


def _in_words(moment: str) -> str:
    return moment if "T" in moment else rfc3339(nanoseconds(moment))


class _Answer:
    """A log whose beginning is looked at: Podman says with status 200 that the container has gone meanwhile.

    No frame begins as such an error does. again: asks anew.
    """

    _ERROR = b'{"cause"'

    def __init__(self, log: PodmanLog, answer: Body, again: Callable[[], Awaitable[Body]]) -> None:
        self._log, self._answer, self._again = log, answer, again
        self._patience = Patience(log.request)
        self._first: bytes | None = None
        self._checked = False

    async def check(self) -> None:
        """Waits for the first bytes. Raises the error that they are, if they are one."""
        while not self._checked:
            said = await self._answer.read()
            if said is None or not said.startswith(self._ERROR):
                self._first, self._checked = said, True
                return
            while len(said) < MAX_ERROR and (more := await self._answer.read()) is not None:
                said += more
            if not await self._patience.asks_again(500, said):
                raise self._log.calls.refused(200, said, self._log.doing, self._log.ident, in_stream=True)
            self._answer.close()
            self._answer = await self._again()

    async def read(self) -> bytes | None:
        await self.check()
        first, self._first = self._first, None
        return first if first is not None else await self._answer.read()

    def close(self) -> None:
        self._answer.close()


class _LineStarts(FrameDecoder):
    """Where the last ``count`` lines begin. A line may be cut into frames, those of the other stream between them."""

    def __init__(self, count: int, *, doing: str, backend: str) -> None:
        super().__init__(doing=doing, backend=backend)
        self._starts: deque[int] = deque(maxlen=count)
        self._open: set[str] = set()

    def _piece(self, piece: bytes) -> bytes:
        if self._into == 0 and self._stream not in self._open:
            self._starts.append(self._frames)
        if self._left == len(piece) and piece.endswith(b"\n"):
            self._open.discard(self._stream)
        else:
            self._open.add(self._stream)
        return super()._piece(piece)

    def first(self) -> Place:
        """The beginning of the first of them; the end of the log where there are none."""
        return Place(0, self._starts[0] if self._starts else self._frames + 1)
