"""Logs. It keeps one of both streams together, without times, and empties it at each start.

What is printed ends without the newlines of the log's end, and following it would put a newline after each piece that is read and
drop empty lines, so a log is followed by reading it again. A line has the time of the start of its run; one that came while it was
followed, that of its reading.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.apple import words
from perry_ffi.backends.apple.calls import AppleCalls
from perry_ffi.backends.command_line.arguments import shown
from perry_ffi.backends.command_line.reading import text_of
from perry_ffi.backends.contract.emulated.sessions import Said
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.errors import NotFound
from perry_ffi.model.container_info import LIVE, ContainerInfo, LogChunk

if TYPE_CHECKING:
    from perry_ffi.model.container import LogOptions

LOOKS = (0.2, 2.0)
"""Seconds between two readings of a log that is followed: after something new, and at most."""

CUT_SECONDS = 5.0
"""How long a character may lack its end."""
_NO_TEXT = "failed to convert container logs to utf8"


class Logs(AppleCalls):
    """The log operations."""

    async def read_logs(self, ident: str, options: LogOptions) -> Stream[LogChunk]:
        info, text = await self._log(ident, options)
        lines = _last(_ended(text), options.tail)
        return Said([LogChunk(stream="stdout", text=_stamped(lines, _moment(info), options.timestamps))] if lines else [])

    async def follow_logs(self, ident: str, options: LogOptions) -> Stream[LogChunk]:
        info, text = await self._log(ident, options)
        return Followed(self, info, text, options)

    async def _log(self, ident: str, options: LogOptions) -> tuple[ContainerInfo, str]:
        for member in ("since", "until"):
            if getattr(options, member) is not None:
                words.refuse(f"LogOptions.{member}", "its log has no times")
        doing = f"read the log of the container {shown(ident)}"
        info = await self.look(ident, doing)
        return info, "" if info.status == "created" else await self.log_text(info.id, doing)

    async def log_text(self, name: str, doing: str) -> str:
        """All that a log has, less the newlines at its end.

        It prints none that ends within a character, as one does that is written in pieces: the rest is waited for a while.
        """
        for _ in range(math.ceil(CUT_SECONDS / LOOKS[0])):
            found = await self.line.ask(["logs", name], doing=doing)
            if not (found.exit_code and _NO_TEXT in text_of(found.stderr)):
                break
            await anyio.sleep(LOOKS[0])
        return text_of(self.line.checked(found, doing=doing, subject=name).stdout).removesuffix("\n")


class Followed(Stream[LogChunk]):
    """A log that is read again until its container has ended."""

    def __init__(self, backend: Logs, info: ContainerInfo, text: str, options: LogOptions) -> None:
        self._backend, self._info, self._options = backend, info, options
        self._name = info.id
        self._known = text
        """What was read."""
        self._open = bool(text) and options.tail != 0
        """Whether the last line that was told lacks its end."""
        first = _last(_ended(text), options.tail)
        self._first = _stamped(first, _moment(info), options.timestamps).removesuffix("\n") if first else ""
        self._closed = anyio.Event()
        self._over = False
        self._pause = LOOKS[0]

    async def next(self) -> Sequence[LogChunk] | None:
        await anyio.lowlevel.checkpoint()
        if self._first:
            text, self._first = self._first, ""
            return [LogChunk(stream="stdout", text=text)]
        while not self._over and not self._closed.is_set():
            if text := await self._more():
                return [LogChunk(stream="stdout", text=text)]
        return None

    async def _more(self) -> str:
        """What came since; the end of the last line once nothing follows it."""
        await self._wait()
        try:
            now = await self._backend.look(self._name)
            text = await self._backend.log_text(self._name, f"follow the log of {shown(self._name)}")
        except NotFound:
            self._over = True
            return self._closing()
        self._over = now.status not in LIVE
        if not text.startswith(self._known):  # it was emptied, by another start
            self._known, self._open = "", False
        new, self._known = text[len(self._known) :], text
        self._pause = LOOKS[0] if new else min(self._pause * 2, LOOKS[1])
        told = self._told(new) if new else self._closing()
        return told + self._closing() if self._over else told

    def _told(self, new: str) -> str:
        if not self._open:
            new = new.removeprefix("\n")  # the end of a line that was told already
        if self._options.timestamps:
            head, newline, rest = new.partition("\n") if self._open else ("", "", new)
            new = head + newline + (_stamped(rest.splitlines(keepends=True), _now(), True) if rest else "")
        self._open = True
        return new

    def _closing(self) -> str:
        was, self._open = self._open, False
        return "\n" if was else ""

    async def _wait(self) -> None:
        with anyio.move_on_after(self._pause):
            await self._closed.wait()

    async def aclose(self) -> None:
        self._closed.set()
        self._first = ""


def _ended(text: str) -> list[str]:
    """Its lines, each with its end."""
    return [f"{line}\n" for line in text.split("\n")] if text else []


def _last(lines: list[str], tail: int | None) -> list[str]:
    if tail is None or tail < 0:
        return lines
    return lines[-tail:] if tail else []


def _stamped(lines: Sequence[str], moment: str, wanted: bool) -> str:
    return "".join(f"{moment} {line}" if wanted else line for line in lines)


def _moment(info: ContainerInfo) -> str:
    return info.started_at or _now()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


__all__ = ["Followed", "Logs"]
