"""The logs of a project so far: records with service, replica, stream and time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio

from perry_ffi.backends.outlast import one_error
from perry_ffi.errors import NotFound
from perry_ffi.model.container import LogOptions
from perry_ffi.stack.observe import Replica, read_replicas

if TYPE_CHECKING:
    from perry_ffi.stack.context import Context


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* ")


@dataclass(frozen=True)
class LogRequest:
    """services: ``None`` all. The rest as for one container."""

    services: tuple[str, ...] | None = None
    options: LogOptions = field(default_factory=LogOptions)


class Lines:
    """Cuts the chunks of one stream of one container, each line with its time before it, into records.

    An engine puts the time before every part of a long line; inside a line it is taken out again.
    """

    def __init__(self, row: Replica, stream: str) -> None:
        self._about = {"service": row.service, "container": row.name, "replica": row.number, "stream": stream}
        self._rest = ""

    def cut(self, text: str) -> list[dict[str, Any]]:
        """The lines that are whole by now."""
        if self._rest:
            text = _TIME.sub("", text, count=1)
        *whole, self._rest = (self._rest + text).split("\n")
        return [self._record(line) for line in whole]

    def end(self) -> list[dict[str, Any]]:
        """What came after the last newline: a record that says ``partial``."""
        rest, self._rest = self._rest, ""
        return [{**self._record(rest), "partial": True}] if rest else []

    def _record(self, line: str) -> dict[str, Any]:
        found = _TIME.match(line)
        time = found[0].rstrip(" ") if found else ""
        return {**self._about, "text": line[found.end() :] if found else line, "time": time}


async def logs(context: Context, project: str, request: LogRequest) -> list[dict[str, Any]]:
    """The log so far: records ordered by time. Each names its service, container, replica, stream and time."""
    rows = _chosen(await read_replicas(context.backend, project), request.services)
    options = request.options.model_copy(update={"timestamps": True})
    found: list[dict[str, Any]] = []

    async def read(row: Replica) -> None:
        try:
            text = await context.backend.container_logs(row.id, options)
        except NotFound:
            return
        for stream in ("stdout", "stderr"):
            lines = Lines(row, stream)
            found.extend([*lines.cut(getattr(text, stream)), *lines.end()])

    with one_error():
        async with anyio.create_task_group() as group:
            for row in rows:
                group.start_soon(read, row)
    return sorted(found, key=lambda record: record["time"])


def _chosen(rows: list[Replica], services: Sequence[str] | None) -> list[Replica]:
    if services is not None:
        known = {row.service for row in rows}
        for name in services:
            if name not in known:
                raise NotFound(f"services: no container of a service {name}", service=name)
    return [row for row in rows if services is None or row.service in services]
