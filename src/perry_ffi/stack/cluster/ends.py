"""How the tasks of services end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.service_records import ENDED
from perry_ffi.errors import NotFound
from perry_ffi.stack.cluster.poll import Tasks
from perry_ffi.stack.cluster.rows import is_one_off, present, service_of, task_info
from perry_ffi.stack.observed import Replica, replica

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import TaskState
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.stack.context import StackContext

KILLED = 137
"""What is told of one that went, and of whose end nobody knows more."""


async def ends(
    context: StackContext, services: Services, project: str, names: Sequence[str]
) -> AsyncIterator[tuple[Replica, int]]:
    """As ``stack.ends.ends``: the tasks that run, each with its exit code."""
    tasks = Tasks(services, project)
    await tasks.look()
    waited: dict[str, Replica] = {}
    for state in tasks.states.values():
        if service_of(state) in names and not is_one_off(state):
            own = present(state, tasks.tasks.get(state.id, ()))
            waited.update({t.id: replica(context.backend, task_info(state, t)) for t in own if t.state not in ENDED})
    if not waited:
        raise NotFound(f"project {project}: no task of {', '.join(names)} runs", project=project)
    async for changes in tasks.looks():
        for change in changes:
            if (change.gone or change.task.state in ENDED) and (row := waited.pop(change.task.id, None)) is not None:
                yield row, code_of(change.task)
        if not waited:
            return


def code_of(task: TaskState) -> int:
    """The exit code of a task that has ended."""
    return 0 if task.state == "complete" else KILLED if task.exit_code is None else task.exit_code
