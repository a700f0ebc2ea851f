"""The logs of services and of single tasks, from all nodes that answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.engine_api.engine_client import shown
from perry_ffi.backends.engine_api.requests.queries import log_query
from perry_ffi.backends.engine_api.swarm.calls import ManagerCalls
from perry_ffi.backends.engine_api.swarm.task_lines import Messages, TaskLines, reason_of
from perry_ffi.backends.engine_api.transport.http import Request, ResponseStream
from perry_ffi.backends.engine_api.transport.target import Name

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import TaskLog
    from perry_ffi.model.container import LogOptions


class TaskLogs(ManagerCalls):
    """The log operation."""

    async def logs(self, ident: str, options: LogOptions, *, follow: bool = False, task: bool = False) -> Stream[TaskLog]:
        kind = "tasks" if task else "services"
        doing = f"{'follow' if follow else 'read'} the log of {shown(ident)}"
        found = await self.read((kind, Name(ident)), doing, subject=ident)
        spec = found.get("Spec", {}) if task else found.get("Spec", {}).get("TaskTemplate", {})
        terminal = (spec.get("ContainerSpec") or {}).get("TTY") is True
        now = time.time_ns()
        query: dict[str, Any] = {**log_query(options, now, follow=follow), "timestamps": "1", "details": "1"}
        query.pop("until", None)  # It takes none of a service.
        until = _stamp(options.until.epoch(now)) if options.until else ""
        response = await self.engine.open(
            Request("GET", (kind, Name(ident), "logs"), doing, query=query, patient=True), subject=ident
        )
        service = str(found.get("ServiceID") or "") if task else str(found.get("ID") or ident)
        return TaskLogStream(response, Messages(doing, self.engine.name, terminal=terminal), TaskLines(service, until))


def _stamp(epoch: str) -> str:
    """RFC 3339, as the engine writes times, of seconds and nanoseconds since 1970."""
    seconds, _, fraction = epoch.partition(".")
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%S}.{fraction or '0':0<9}Z"


class TaskLogStream(Stream["TaskLog"]):
    """Records as they come: one read of the connection for each batch."""

    def __init__(self, response: ResponseStream, messages: Messages, lines: TaskLines) -> None:
        self._response, self._messages, self._lines = response, messages, lines
        self._ended = False
        self._closed = False

    async def next(self) -> Sequence[TaskLog] | None:
        while not self._ended:
            data = await self._response.read()
            if data is None:
                self._ended = True
                self._response.close()
            told = self._messages.feed(data) if data is not None else [] if self._closed else self._messages.rest()
            self.lacking = next((reason for message in told if (reason := reason_of(message))), self.lacking)
            if found := [record for message in told if (record := self._lines.read(message)) is not None]:
                return found
        return None

    async def aclose(self) -> None:
        self._closed = True
        self._response.close()
