"""Logs: nerdctl writes the two streams apart, each line with its time where that is asked for; by that they are put together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from perry_ffi.backends.command_line.arguments import option, shown
from perry_ffi.backends.command_line.output import Pieces
from perry_ffi.backends.command_line.reading import text_of
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.nerdctl.lifecycle import NerdctlLifecycle
from perry_ffi.backends.nerdctl.log_entries import ALL, LONGEST, NEVER, Between, Entries, Entry, at, whole_until
from perry_ffi.backends.nerdctl.readings import keeps_no_log
from perry_ffi.backends.nerdctl.sayings import words_of
from perry_ffi.errors import Unsupported
from perry_ffi.model.container_info import LogChunk
from perry_ffi.model.container_values import moment

if TYPE_CHECKING:
    from perry_ffi.backends.command_line.output import Name
    from perry_ffi.model.container import LogOptions
    from perry_ffi.model.container_values import Moment

HELD = 4 * 1024 * 1024
"""Bytes of one stream that wait for the other's, or for the end of their line."""


class Line(NamedTuple):
    """An entry of a log, and the stream that it was written to."""

    stream: Name
    entry: Entry


class LogLines(Stream[LogChunk]):
    """A log, line by line. timestamps: whether the times stay. following: lines are told as they come, not in one order.
    wanted: of which times.

    failed: raises what the program's own words mean, once it has ended.
    """

    def __init__(
        self, pieces: Pieces, *, timestamps: bool, following: bool, doing: str, owner: NerdctlLogs, wanted: Between = ALL
    ) -> None:
        self._pieces, self._timestamps, self._following = pieces, timestamps, following
        self._doing, self._owner = doing, owner
        self._rest: dict[Name, bytes] = {"stdout": b"", "stderr": b""}
        self._entries: dict[Name, Entries] = {"stdout": Entries(wanted), "stderr": Entries(wanted)}
        self._lines: list[Line] = []
        self._size = 0
        self._ended = False

    async def next(self) -> Sequence[LogChunk] | None:
        while not self._ended:
            pieces = await self._pieces.next()
            if pieces is None:
                self._ended = True
                self._take_rest()
                await self._check()
            for name, data in pieces or ():
                self._take(name, data)
            if self._lines and (self._following or self._ended or self._size > HELD):
                return self._told()
        return None

    def _take(self, name: Name, data: bytes) -> None:
        *whole, self._rest[name] = (self._rest[name] + data).split(b"\n")
        self._size += len(data)
        for text in whole:
            self._line(name, text + b"\n")
        if len(rest := self._rest[name]) > HELD + 2 * LONGEST:
            end = whole_until(rest)
            self._line(name, rest[:end])
            self._rest[name] = rest[end:]

    def _take_rest(self) -> None:
        for name, text in self._rest.items():
            if text:
                self._line(name, text)

    def _line(self, name: Name, text: bytes) -> None:
        self._lines += [Line(name, entry) for entry in self._entries[name].read(text)]

    def _told(self) -> list[LogChunk]:
        lines, self._lines, self._size = self._lines, [], 0
        found: list[LogChunk] = []
        for stream, entry in sorted(lines, key=lambda line: line.entry.at):
            chunk = self._chunk(stream, entry)
            last = found[-1] if found else None
            whole = last is not None and (not self._timestamps or last.text.endswith("\n"))
            if last and whole and last.stream == stream and len(last.text) < self.MAX_BATCH_BYTES:
                last.text += chunk.text
            else:
                found.append(chunk)
        return found

    def _chunk(self, stream: Name, entry: Entry) -> LogChunk:
        """What goes on with a line has its time apart from it."""
        if not self._timestamps:
            return LogChunk(stream=stream, text=text_of(entry.text))
        if entry.goes_on:
            return LogChunk(stream=stream, text=text_of(entry.text), part=text_of(entry.stamp).rstrip(" "))
        return LogChunk(stream=stream, text=text_of(entry.stamp + entry.text), fresh=entry.at != NEVER)

    async def _check(self) -> None:
        """A command that failed says why among the lines of the container's own errors."""
        if await self._pieces.program.wait() > 0:
            own = [line for line in self._lines if line.stream == "stderr" and line.entry.at == NEVER]
            said = b"".join(line.entry.text for line in own).decode("utf-8", "replace")
            if any(word.level == "fatal" for word in words_of(said)):
                self._lines = [line for line in self._lines if line not in own]
                raise self._owner.log_failure(said, self._doing)

    async def aclose(self) -> None:
        self._ended = True
        await self._pieces.aclose()


class NerdctlLogs(NerdctlLifecycle):
    """The log of a container."""

    async def read_logs(self, ident: str, options: LogOptions) -> Stream[LogChunk]:
        return await self._log(ident, options, following=False)

    async def follow_logs(self, ident: str, options: LogOptions) -> Stream[LogChunk]:
        return await self._log(ident, options, following=True)

    async def _log(self, ident: str, options: LogOptions, *, following: bool) -> Stream[LogChunk]:
        doing = f"read the log of {shown(ident)}"
        info = await self.inspect_container(ident)
        if keeps_no_log(info.raw or {}):
            raise Unsupported(f"{doing}: its logging driver is none, which keeps nothing", backend=self.name, container=info.id)
        words = ["logs", "--timestamps", *(["--follow"] if following else [])]
        if options.tail is not None and options.tail > 0:
            words.append(option("tail", options.tail))
        since = _since(options)
        words += [] if since is None else [option("since", _written(since))]
        words += [] if options.until is None else [option("until", _written(_ns(options.until) + 10**9))]
        program = await self._line.start([*words, info.id], doing=doing)
        program.stdin.close()
        wanted = _between(options, since, info.started_at)
        return LogLines(
            Pieces(program), timestamps=options.timestamps, following=following, doing=doing, owner=self, wanted=wanted
        )

    def log_failure(self, said: str, doing: str) -> Exception:
        """The error for a log that could not be read."""
        return self._line.sayings.refusal(self._line.read_error(said), doing=doing, backend=self.name)


def _ns(found: Moment) -> int:
    return max(0, time.time_ns() - found.ns) if found.ago else found.ns


def _since(options: LogOptions) -> int | None:
    """When the log begins: of no last lines with those to come, for nerdctl takes a tail of 0 for all lines."""
    asked = None if options.since is None else _ns(options.since)
    return max(asked or 0, time.time_ns()) if options.tail == 0 else asked


def _between(options: LogOptions, since: int | None, started: str | None) -> Between:
    return Between(
        since=NEVER if since is None else at(since),
        until=None if options.until is None else at(_ns(options.until)),
        started=at(moment(started).ns) if started else None,
    )


def _written(ns: int) -> str:
    """A moment as nerdctl takes it; it cuts off what is beyond whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ns // 10**9))


__all__ = ["HELD", "LogLines", "NerdctlLogs"]
