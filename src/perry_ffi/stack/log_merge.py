"""The logs of a project so far, one after the other in order of time, and no more of them in memory than is needed for that."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Container, Sequence
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.contract.stream import Stream
from perry_ffi.cancellation import one_error
from perry_ffi.errors import NotFound
from perry_ffi.stack.logs import LogRequest, Record, chosen_rows, each_readable, read_records, service_rows

if TYPE_CHECKING:
    from perry_ffi.model.container import LogChunk
    from perry_ffi.stack.context import StackContext
    from perry_ffi.stack.observed import Replica


class MergedLogs(Stream[Record]):
    """A stream of records, ordered by time; those of one container stay in their own order. known: as of ``logs``."""

    def __init__(self, context: StackContext, project: str, request: LogRequest, known: Container[str] = ()) -> None:
        self._context, self._project, self._request, self._known = context, project, request, known
        self._logs: list[_Log] = []
        self.rows: list[Replica] = []
        """The containers whose logs they are."""
        self._read: list[Record] = []

    async def open(self) -> MergedLogs:
        """Opens every log. Raises what ``logs`` raises."""
        if self._context.backend.services is not None:
            from perry_ffi.stack.cluster.logs import read

            services = self._context.backend.services
            self.rows, self._read = await read(self._context, services, self._project, self._request, self._known)
            return self
        self.rows = rows = chosen_rows(await service_rows(self._context, self._project), self._request, self._known)
        options = self._request.options.model_copy(update={"timestamps": True})

        async def opened(row: Replica) -> None:
            self._logs.append(_Log(await self._context.backend.read_logs(row.id, options), row))

        try:
            await each_readable(self._context, rows, opened)
        except BaseException:
            await self.aclose()
            raise
        self._logs.sort(key=lambda log: log.order)
        return self

    async def next(self) -> Sequence[Record] | None:
        """Every record of which it is certain that none before it is to come."""
        found, self._read = self._read, []  # The nodes of a cluster speak in no order: all was read, and is sorted.
        while not found:
            if empty := [log for log in self._logs if log.wants]:
                with one_error():
                    async with anyio.create_task_group() as group:
                        for log in empty:
                            group.start_soon(log.fill)
            self._logs = [log for log in self._logs if log.records]
            if not self._logs:
                return None
            while not any(log.wants for log in self._logs):
                log = min(self._logs, key=lambda log: log.records[0]["time"])
                found.append(log.records.popleft())
                if log.is_done:
                    self._logs.remove(log)
                if not self._logs:
                    break
        return found

    async def aclose(self) -> None:
        """Gives every connection back. Idempotent."""
        for log in self._logs:
            await log.stream.aclose()


class _Log:
    """The log of one container."""

    def __init__(self, stream: Stream[LogChunk], row: Replica) -> None:
        self.stream, self.order = stream, (row.service, row.number, row.name)
        self.records: deque[Record] = deque()
        self._batches: AsyncIterator[list[Record]] = read_records(stream, row)
        self._ended = False

    @property
    def wants(self) -> bool:
        """It has to be read before it is known what comes next."""
        return not self.records and not self._ended

    @property
    def is_done(self) -> bool:
        return not self.records and self._ended

    async def fill(self) -> None:
        """Reads until there is a record, or none any more."""
        while self.wants:
            try:
                self.records.extend(await anext(self._batches))
            except StopAsyncIteration:
                self._ended = True
                await self.stream.aclose()
            except NotFound:
                self._ended = True
