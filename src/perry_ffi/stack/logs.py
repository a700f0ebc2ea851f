"""The logs of a project so far: records with service, replica, stream and time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio

from perry_ffi.backends.outlast import one_error
from perry_ffi.errors import NotFound, Unsupported
from perry_ffi.model.container import LogOptions
from perry_ffi.stack.observe import Replica, read_replicas

if TYPE_CHECKING:
    from perry_ffi.stack.context import Context
    from perry_ffi.stack.hub import Hub


STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* ")
"""The time that an engine puts before a line."""


@dataclass(frozen=True)
class LogRequest:
    """services: ``None`` all. The rest as for one container."""

    services: tuple[str, ...] | None = None
    options: LogOptions = field(default_factory=LogOptions)


class Record(dict[str, Any]):
    """One line as it is told. pieces: time and text of each part that the engine gave it in."""

    pieces: tuple[tuple[str, str], ...] = ()


class Lines:
    """Cuts the chunks of one stream of one container, each line with its time before it, into records.

    An engine puts the time before every part of a long line; inside a line it is taken out again. Docker's parts of one
    line have one time, so another time after an unfinished line is another line: of the container's next run.
    """

    def __init__(self, row: Replica, stream: str) -> None:
        self._about = {"service": row.service, "container": row.name, "replica": row.number, "stream": stream}
        self._pieces: list[tuple[str, str]] = []

    def cut(self, text: str) -> list[Record]:
        """The lines that are whole by now."""
        part = STAMP.match(text)
        ended = self._pieces and part and "." in part[0] and part[0].rstrip(" ") != self.since
        found = self.end() if ended else []
        *whole, rest = text.split("\n")
        for line in whole:
            self._add(line)
            found.append(self._record())
        if rest:
            self._add(rest)
        return found

    def may_go_on(self, text: str) -> bool:
        """Whether only the container can tell if ``text`` goes on with an unfinished line: the times are too coarse."""
        part = STAMP.match(text)
        return bool(self._pieces and part and "." not in part[0])

    @property
    def since(self) -> str:
        """The time of the unfinished line."""
        return self._pieces[0][0] if self._pieces else ""

    def end(self) -> list[Record]:
        """What came after the last newline: a record that says ``partial``."""
        return [self._record(partial=True)] if self._pieces else []

    def _add(self, text: str) -> None:
        if STAMP.match(text) or not self._pieces:
            self._pieces.append(split_time(text))
        else:
            time, before = self._pieces[-1]
            self._pieces[-1] = (time, before + text)

    def _record(self, **members: Any) -> Record:
        text = "".join(text for _, text in self._pieces)
        record = Record(**self._about, text=text, time=self.since, **members)
        record.pieces, self._pieces = tuple(self._pieces), []
        return record


def split_time(line: str) -> tuple[str, str]:
    """The time before a line, and the line."""
    found = STAMP.match(line)
    return (found[0].rstrip(" "), line[found.end() :]) if found else ("", line)


async def logs(context: Context, project: str, request: LogRequest) -> list[Record]:
    """The log so far: records ordered by time. Each names its service, container, replica, stream and time.

    A container whose logging driver keeps nothing to read is named in a warning; Unsupported where all are such.
    """
    rows = _chosen(await read_replicas(context.backend, project), request.services)
    options = request.options.model_copy(update={"timestamps": True})
    found: list[Record] = []
    unreadable: list[Unsupported] = []

    async def read(row: Replica) -> None:
        try:
            text = await context.backend.container_logs(row.id, options)
        except NotFound:
            return
        except Unsupported as error:
            unreadable.append(error)
            tell_unreadable(context.hub, row, error)
            return
        for stream in ("stdout", "stderr"):
            lines = Lines(row, stream)
            found.extend([*lines.cut(getattr(text, stream)), *lines.end()])

    with one_error():
        async with anyio.create_task_group() as group:
            for row in rows:
                group.start_soon(read, row)
    if rows and len(unreadable) == len(rows):
        raise unreadable[0]
    return sorted(found, key=lambda record: record["time"])


def tell_unreadable(hub: Hub, row: Replica, error: Unsupported) -> None:
    """Says that the log of ``row`` is left out, and why."""
    message = f"services.{row.service}: the log of {row.name} is left out: {error.details.get('output') or error.message}"
    hub.tell("warning", code="unreadable-log", message=message, service=row.service)


def _chosen(rows: list[Replica], services: Sequence[str] | None) -> list[Replica]:
    if services is not None:
        known = {row.service for row in rows}
        for name in services:
            if name not in known:
                raise NotFound(f"services: no container of a service {name}", service=name)
    return [row for row in rows if services is None or row.service in services]
