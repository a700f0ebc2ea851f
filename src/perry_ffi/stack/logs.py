"""The logs of a project so far: records with service, replica, stream and time."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import anyio

from perry_ffi.advice import Advice, Operation, Option
from perry_ffi.cancellation import one_error
from perry_ffi.errors import BackendError, NotFound, Unsupported
from perry_ffi.model.container import LogOptions
from perry_ffi.stack.elsewhere import present_replicas
from perry_ffi.stack.observed import Replica
from perry_ffi.stack.services import require_services

if TYPE_CHECKING:
    from perry_ffi.backends.contract.stream import Stream
    from perry_ffi.model.container import LogChunk
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.stack.context import StackContext


MAX_LOG = 256 * 1024 * 1024
"""Characters of the largest log of one container that is read as a whole."""
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* ")
"""The time that an engine puts before a line."""


@dataclass(frozen=True)
class LogRequest:
    """services: ``None`` all. number: of the containers of each service the one with this number. The rest as for one container."""

    services: tuple[str, ...] | None = None
    options: LogOptions = field(default_factory=LogOptions)
    number: int | None = None


class Record(dict[str, Any]):
    """One line as it is told. pieces: time and text of each part that the engine gave it in."""

    pieces: tuple[tuple[str, str], ...] = ()


class Lines:
    """Cuts the chunks of one stream of one container, each line with its time before it, into records.

    A chunk that goes on with an unfinished line tells the time of its part apart. Where nobody can tell (a terminal's
    log), one that begins with a time is such a part; with a finer time than seconds, and another one, it is another line.
    """

    def __init__(self, row: Replica, stream: str) -> None:
        self._about = {"service": row.service, "container": row.name, "replica": row.number, "stream": stream}
        if row.place is not None:
            self._about["node"] = row.place.node_name
        self._pieces: list[tuple[str, str]] = []

    def cut(self, text: str, *, fresh: bool = False, part: str | None = None) -> list[Record]:
        """The lines that are whole by now. fresh, part: as the chunk has them."""
        found = self.end() if fresh or (part is None and self._is_another(text)) else []
        *whole, rest = text.split("\n")
        for line in whole:
            self._add(line, part)
            found.append(self._record())
        if rest:
            self._add(rest, part)
        return found

    def _is_another(self, text: str) -> bool:
        time = STAMP.match(text)
        return bool(self._pieces and time and "." in time[0] and time[0].rstrip(" ") != self.since)

    @property
    def since(self) -> str:
        """The time of the unfinished line."""
        return self._pieces[0][0] if self._pieces else ""

    def end(self) -> list[Record]:
        """What came after the last newline: a record that says ``partial``."""
        return [self._record(partial=True)] if self._pieces else []

    def _add(self, text: str, part: str | None) -> None:
        """part: counts where the text goes on with a line."""
        if not self._pieces or (part is None and STAMP.match(text)):
            self._pieces.append(split_time(text))
        elif part:
            self._pieces.append((part, text))
        else:
            time, before = self._pieces[-1]
            self._pieces[-1] = (time, before + text)

    def _record(self, **members: Any) -> Record:
        text = "".join(text for _, text in self._pieces)
        record = Record(**self._about, text=text, time=self.since, **members)
        record.pieces, self._pieces = tuple(self._pieces), []
        return record


async def read_records(stream: Stream[LogChunk], row: Replica) -> AsyncIterator[list[Record]]:
    """The records of one container's stream, in the order in which their lines end."""
    lines = {name: Lines(row, name) for name in ("stdout", "stderr")}
    while (batch := await stream.next()) is not None:
        yield [record for chunk in batch for record in lines[chunk.stream].cut(chunk.text, fresh=chunk.fresh, part=chunk.part)]
    yield [record for rest in lines.values() for record in rest.end()]


def split_time(line: str) -> tuple[str, str]:
    """The time before a line, and the line."""
    found = STAMP.match(line)
    return (found[0].rstrip(" "), line[found.end() :]) if found else ("", line)


async def logs(context: StackContext, project: str, request: LogRequest, known: Container[str] = ()) -> list[Record]:
    """The log so far: records ordered by time. Each names its service, container, replica, stream and time.

    known: the services of the project's model; NotFound for one that is asked for and neither there nor known. A
    container whose logging driver keeps nothing to read is named in a warning; Unsupported where all are such.
    """
    if context.backend.services is not None:
        from perry_ffi.stack.cluster.logs import read as read_services

        return (await read_services(context, context.backend.services, project, request, known))[1]
    rows = chosen_rows(await service_rows(context, project), request, known)
    options = request.options.model_copy(update={"timestamps": True})
    found: dict[str, list[Record]] = {row.id: [] for row in rows}

    async def read(row: Replica) -> None:
        stream = await context.backend.read_logs(row.id, options)
        try:
            await _read_whole(stream, row, found[row.id])
        finally:
            await stream.aclose()

    await each_readable(context, rows, read)
    return sorted(chain.from_iterable(found.values()), key=lambda record: record["time"])


async def each_readable(context: StackContext, rows: Sequence[Replica], read: Callable[[Replica], Awaitable[None]]) -> None:
    """Does ``read`` for each container, side by side. One that goes meanwhile has no log; one whose logging driver keeps nothing to
    read is named in a warning. Raises Unsupported where all are such, and what else ``read`` raises.
    """
    unreadable: list[Unsupported] = []

    async def one(row: Replica) -> None:
        try:
            await read(row)
        except NotFound:
            return
        except Unsupported as error:
            unreadable.append(error)
            tell_unreadable(context.bus, row, error)

    with one_error():
        async with anyio.create_task_group() as group:
            for row in rows:
                group.start_soon(one, row)
    if rows and len(unreadable) == len(rows):
        raise unreadable[0]


LESS = Advice("ask for its end, {}, or follow it: {}", Option("tail", 1000), Operation("followLogs"))


async def _read_whole(stream: Stream[LogChunk], row: Replica, found: list[Record]) -> None:
    size = 0
    async for records in read_records(stream, row):
        found += records
        size += sum(len(record["text"]) for record in records)
        if size > MAX_LOG:
            raise BackendError(
                f"services.{row.service}: the log of {row.name} is larger than {MAX_LOG} characters",
                service=row.service, remedy=LESS,
            )  # fmt: skip


def tell_unreadable(bus: EventBus, row: Replica, error: Unsupported) -> None:
    """Says that the log of ``row`` is left out, and why."""
    message = f"services.{row.service}: the log of {row.name} is left out: {error.details.get('output') or error.message}"
    bus.tell("warning", code="unreadable-log", message=message, service=row.service)


async def service_rows(context: StackContext, project: str) -> list[Replica]:
    """The containers of the project's services, those of ``run`` and of hooks apart."""
    return [row for row in await present_replicas(context, project) if not row.one_off]


def chosen_rows(rows: list[Replica], request: LogRequest, known: Container[str]) -> list[Replica]:
    """Those that are asked for. Raises NotFound for a service that has no container and is not known, and where a number is
    asked for that no container has.
    """
    names, number = request.services, request.number
    require_services(names, {row.service for row in rows}, known)
    found = [row for row in rows if (names is None or row.service in names) and number in (None, row.number)]
    if number is not None and not found:
        of = f"services.{', '.join(names)}" if names else "no service"
        raise NotFound(f"{of}: it has no container {number}" if names else f"{of} has a container {number}", number=number)
    return found
