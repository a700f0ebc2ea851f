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


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* ")


@dataclass(frozen=True)
class LogRequest:
    """services: ``None`` all. The rest as for one container."""

    services: tuple[str, ...] | None = None
    options: LogOptions = field(default_factory=LogOptions)


class Lines:
    """Cuts the chunks of one stream of one container, each line with its time before it, into records.

    An engine puts the time before every part of a long line; inside a line it is taken out again. Docker's parts of one
    line have one time, so another time after an unfinished line is another line: of the container's next run.
    """

    def __init__(self, row: Replica, stream: str) -> None:
        self._about = {"service": row.service, "container": row.name, "replica": row.number, "stream": stream}
        self._rest = ""

    def cut(self, text: str) -> list[dict[str, Any]]:
        """The lines that are whole by now."""
        found: list[dict[str, Any]] = []
        if self._rest and (part := _TIME.match(text)):
            if "." in part[0] and not self._rest.startswith(part[0]):
                found = self.end()
            else:
                text = text[part.end() :]
        *whole, self._rest = (self._rest + text).split("\n")
        return found + [self._record(line) for line in whole]

    def may_go_on(self, text: str) -> bool:
        """Whether only the container can tell if ``text`` goes on with an unfinished line: the times are too coarse."""
        part = _TIME.match(text)
        return bool(self._rest and part and "." not in part[0])

    @property
    def since(self) -> str:
        """The time of the unfinished line."""
        return split_time(self._rest)[0]

    def end(self) -> list[dict[str, Any]]:
        """What came after the last newline: a record that says ``partial``."""
        rest, self._rest = self._rest, ""
        return [{**self._record(rest), "partial": True}] if rest else []

    def _record(self, line: str) -> dict[str, Any]:
        time, text = split_time(line)
        return {**self._about, "text": text, "time": time}


def split_time(line: str) -> tuple[str, str]:
    """The time before a line, and the line."""
    found = _TIME.match(line)
    return (found[0].rstrip(" "), line[found.end() :]) if found else ("", line)


async def logs(context: Context, project: str, request: LogRequest) -> list[dict[str, Any]]:
    """The log so far: records ordered by time. Each names its service, container, replica, stream and time.

    A container whose logging driver keeps nothing to read is named in a warning; Unsupported where all are such.
    """
    rows = _chosen(await read_replicas(context.backend, project), request.services)
    options = request.options.model_copy(update={"timestamps": True})
    found: list[dict[str, Any]] = []
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
