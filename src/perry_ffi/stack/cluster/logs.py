"""The logs of a project's services so far: one stream a service, from all nodes that answer."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import anyio

from perry_ffi.cancellation import one_error
from perry_ffi.errors import BackendError, NotFound, Unsupported
from perry_ffi.stack.cluster.reading import nodes_of, read_out, tell_lacking
from perry_ffi.stack.cluster.rows import is_one_off, own_services, service_of, service_row, task_info, tasks_of
from perry_ffi.stack.logs import LESS, MAX_LOG, Lines, LogRequest, Record, tell_unreadable
from perry_ffi.stack.observed import Replica, replica
from perry_ffi.stack.services import require_services

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.service_records import ServiceState, TaskLog, TaskState
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.model.container import LogOptions
    from perry_ffi.stack.context import StackContext


@dataclass(frozen=True)
class Chosen:
    """The services whose logs are asked for, and their tasks as rows, by the task's id."""

    states: Sequence[ServiceState]
    rows: Mapping[str, Replica]


async def chosen(backend: Backend, services: Services, project: str, request: LogRequest, known: Container[str]) -> Chosen:
    """Raises NotFound for a service that is neither there nor known, and where a number is asked for that no task has."""
    states = [state for state in await own_services(services, project) if not is_one_off(state)]
    require_services(request.services, {service_of(state) for state in states}, known)
    states = [state for state in states if request.services is None or service_of(state) in request.services]
    rows = speakers(backend, states, await tasks_of(services, states))
    if request.number is not None and not any(row.number == request.number for row in rows.values()):
        of = f"services.{', '.join(request.services)}: it has no task" if request.services else "no service has a task"
        raise NotFound(f"{of} {request.number}", number=request.number)
    return Chosen(states, rows)


def speakers(backend: Backend, states: Iterable[ServiceState], tasks: Mapping[str, Sequence[TaskState]]) -> dict[str, Replica]:
    """All tasks that are remembered as rows, by their ids."""
    return {task.id: replica(backend, task_info(state, task)) for state in states for task in tasks.get(state.id, ())}


class Voices:
    """Makes records of the pieces of a service's log. rows: whose words they are, by the task's id; more may come into it.

    number: only of tasks with this one.
    """

    def __init__(self, state: ServiceState, rows: Mapping[str, Replica], number: int | None = None) -> None:
        self._state, self.rows, self._number = state, rows, number
        self._lines: dict[tuple[str, str], Lines] = {}

    def cut(self, batch: Iterable[TaskLog]) -> list[Record]:
        """The lines that are whole by now."""
        found: list[Record] = []
        for piece in batch:
            row = self.rows.get(piece.task) or self._stranger(piece)
            if self._number not in (None, row.number):
                continue
            lines = self._lines.setdefault((piece.task, piece.stream), Lines(row, piece.stream))
            text = piece.text if lines.since or not piece.time else f"{piece.time} {piece.text}"
            found += lines.cut(text, part=piece.time)
        return found

    def end(self, task: str | None = None) -> list[Record]:
        """What the last lines lack their ends of; task: of one alone."""
        return [record for (of, _), lines in self._lines.items() if task in (None, of) for record in lines.end()]

    def _stranger(self, piece: TaskLog) -> Replica:
        """One that is not remembered any more."""
        return Replica(piece.task, f"{service_of(self._state)}.{piece.task[:12]}", service_of(self._state), 0, "exited")


async def read(
    context: StackContext, services: Services, project: str, request: LogRequest, known: Container[str]
) -> tuple[list[Replica], list[Record]]:
    """The rows, and the records ordered by time, as ``stack.logs.logs`` has them."""
    found = await chosen(context.backend, services, project, request, known)
    options = request.options.model_copy(update={"timestamps": True})
    records: dict[str, list[Record]] = {state.id: [] for state in found.states}
    unreadable: list[Unsupported] = []

    async def one(state: ServiceState) -> None:
        try:
            records[state.id] = await _whole(context, services, state, options, Voices(state, found.rows, request.number))
        except NotFound:
            return
        except Unsupported as error:
            unreadable.append(error)
            tell_unreadable(context.bus, service_row(state), error)

    with one_error():
        async with anyio.create_task_group() as group:
            for state in found.states:
                group.start_soon(one, state)
    if found.states and len(unreadable) == len(found.states):
        raise unreadable[0]
    rows = [row for row in found.rows.values() if request.number in (None, row.number)]
    return rows, sorted(chain.from_iterable(records.values()), key=lambda record: record["time"])


async def _whole(
    context: StackContext, services: Services, state: ServiceState, options: LogOptions, voices: Voices
) -> list[Record]:
    found: list[Record] = []
    size = 0

    def take(batch: Sequence[TaskLog]) -> None:
        nonlocal size
        found.extend(voices.cut(batch))
        size += sum(len(piece.text) for piece in batch)
        if size > MAX_LOG:
            service = service_of(state)
            raise BackendError(
                f"services.{service}: its log is larger than {MAX_LOG} characters", service=service, remedy=LESS
            )  # fmt: skip

    lacking = await read_out(services, state.id, options, nodes_of(voices.rows.values(), service_of(state)), take)
    tell_lacking(context.bus, service_of(state), lacking)
    return found + voices.end()
