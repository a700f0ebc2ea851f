"""The tasks of a project as rows: what its containers are elsewhere, as far as an engine that keeps services tells of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.service_records import ENDED, WAITING, TaskState
from perry_ffi.errors import Conflict, NotFound, one_line
from perry_ffi.model.container_facts import TaskPlace
from perry_ffi.model.container_info import ContainerInfo
from perry_ffi.stack import identity
from perry_ffi.stack.observed import Replica

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.service_records import ServiceState
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.model.container_info import Health, Status

_FINAL = frozenset({"complete", "failed", "rejected"})
"""How a task ends that nobody ended."""


async def own_services(services: Services, project: str | None) -> list[ServiceState]:
    """The services that are the project's own, those of ``run`` too, by name; ``None``: those of every project of this library."""
    found = await services.services({identity.PROJECT: project})
    return [state for state in found if identity.is_of(state.labels, project or project_of(state))]


def project_of(state: ServiceState) -> str:
    """The project that a service is of."""
    return identity.label(state.labels, identity.PROJECT) or ""


def service_of(state: ServiceState) -> str:
    """What the project calls it."""
    return identity.label(state.labels, identity.SERVICE) or ""


def is_one_off(state: ServiceState) -> bool:
    """Whether ``run`` made it."""
    return (identity.label(state.labels, identity.ONE_OFF) or "").lower() == "true"


async def tasks_of(services: Services, states: Iterable[ServiceState]) -> dict[str, list[TaskState]]:
    """All tasks that are remembered, by the service's id; oldest first."""
    found: dict[str, list[TaskState]] = {state.id: [] for state in states}
    for task in await services.tasks(list(found)) if found else ():
        found.setdefault(task.service, []).append(task)
    return found


def present(state: ServiceState, tasks: Sequence[TaskState]) -> list[TaskState]:
    """The tasks that should run; and of each place that has none the last one, where it ended by itself and is wanted still."""
    wanted = [task for task in tasks if task.wanted]
    taken = {place_of(task) for task in wanted}
    ended: dict[tuple[int, str], TaskState] = {}
    for task in tasks:
        if place_of(task) not in taken and task.state in ENDED and (state.everywhere or task.slot <= state.wanted):
            ended[place_of(task)] = task
    shown = [*wanted, *(task for task in ended.values() if task.state in _FINAL)]
    return sorted(shown, key=lambda task: (place_of(task), task.created))


def place_of(task: TaskState) -> tuple[int, str]:
    """The place that one task takes after another: its number, or its node where there is one on each."""
    return task.slot, "" if task.slot else task.node


def task_name(state: ServiceState, task: TaskState) -> str:
    """``web.2``, and of a service that is on each node ``agent.NODE``."""
    return f"{service_of(state)}.{task.slot or node_of(task) or task.id}"


def node_of(task: TaskState) -> str:
    """The node, as people call it; empty while nobody knows."""
    return task.node_name or task.node


def task_info(state: ServiceState, task: TaskState, number: int | None = None) -> ContainerInfo:
    """A task as a container. Its id is the container's; the task's while there is none. number: of its place, where it has no slot."""
    status = _status(task)
    runs = status == "running"
    project = project_of(state)
    return ContainerInfo(
        id=task.container or task.id,
        name=task_name(state, task),
        image=task.image or state.image,
        status=status,
        ports=[port for port in map(_port, task.ports or state.ports) if port] if runs else [],
        created=task.created or state.created,
        labels={
            **state.labels, **task.labels, identity.PROJECT: project, identity.THEIRS + "project": project,
            identity.NUMBER: str(task.slot or number or 0),
        },
        health=_health(task),
        exit_code=0 if task.state == "complete" else task.exit_code if task.state in ENDED else None,
        started_at=(task.changed or None) if runs else None,
        finished_at=(task.changed or None) if status in ("exited", "dead") else None,
        error=task.error or None,
        words=_words(task),
        place=TaskPlace(task.id, task.node, node_of(task), bool(task.container)),
    )  # fmt: skip


def _status(task: TaskState) -> Status:
    if task.state == "running" or (task.state == "starting" and task.has_check):
        return "running"
    if task.state in WAITING:
        return "created"
    return "dead" if task.state in ("rejected", "lost") else "exited"


def _health(task: TaskState) -> Health | None:
    if not task.has_check or task.state not in ("running", "starting"):
        return None
    return "healthy" if task.state == "running" else "starting"


def _words(task: TaskState) -> str:
    """Of one that does not run yet, or could not be started, and why."""
    if task.state in ("complete", "failed", "stopped", "running", "starting"):
        return ""
    told = task.state.capitalize()
    return f"{told}: {one_line(task.error)}" if task.error else told


def _port(text: str) -> str:
    """``8080:80/tcp`` as containers tell it: ``0.0.0.0:8080->80/tcp``."""
    published, _, target = text.rpartition(":")
    return f"0.0.0.0:{published}->{target}" if published.isdigit() and published != "0" else ""


def infos(states: Iterable[ServiceState], tasks: Mapping[str, Sequence[TaskState]]) -> list[ContainerInfo]:
    """The rows of services, by service and number."""
    return [
        task_info(state, task, number)
        for state in states
        for number, task in enumerate(present(state, tasks.get(state.id, ())), 1)
    ]


async def service_rows(services: Services, project: str) -> list[Replica]:
    """A row for each service, those of ``run`` apart; also for those that have no task."""
    states = [state for state in await own_services(services, project) if not is_one_off(state)]
    tasks = await tasks_of(services, [state for state in states if not state.running and state.wanted])
    return [service_row(state, tasks.get(state.id, ())) for state in states]


async def list_tasks(services: Services, project: str | None) -> list[ContainerInfo]:
    """The rows of a project, those of ``run`` too, in two calls; ``None``: of all projects."""
    states = await own_services(services, project)
    return infos(states, await tasks_of(services, states))


async def without_tasks(services: Services) -> list[ContainerInfo]:
    """A row for each service that shall have no task, as of one that was stopped, in one call; of all projects."""
    states = [state for state in await own_services(services, None) if not state.wanted and not state.everywhere]
    return [task_info(state, TaskState(state.id, state.id, 0, "stopped", created=state.created)) for state in states]


async def engine_with(services: Services, row: Replica) -> Backend:
    """The engine of the node that a task is on, which knows its container by ``row.id``.

    Conflict where the task has no container yet. Raises Unsupported, with the remedy, where nobody said how its node is reached.
    """
    if row.place is None or not row.place.container or not row.place.node:
        raise Conflict(f"services.{row.service}: {row.name} has no container yet ({row.status})", service=row.service)
    return await services.engine_of(row.place.node)


async def one_service(services: Services, project: str, service: str) -> ServiceState:
    """The service of a project by the name that this has for it. Raises NotFound."""
    for state in await own_services(services, project):
        if service_of(state) == service and not is_one_off(state):
            return state
    raise NotFound(f"services.{service}: it is not there", service=service)


# -- services as rows -------------------------------------------------------------------------------


def stopped_number(state: ServiceState) -> int | None:
    """How many tasks a service gets when it is started again; ``None`` of one that nobody stopped."""
    told = state.labels.get(identity.STOPPED, "")
    return int(told) if told.isdigit() and not state.wanted and not state.everywhere else None


def service_row(state: ServiceState, tasks: Sequence[TaskState] = ()) -> Replica:
    """A service as one row, for what orders services: it runs, was stopped, or is done, which its tasks tell. Its name and id are
    the engine's.
    """
    shown = [] if state.running else present(state, tasks)
    done = 0 < state.wanted <= len(shown) and all(task.state == "complete" for task in shown)
    running = not done and stopped_number(state) is None
    return Replica(
        state.id, state.name, service_of(state), 1, "running" if running else "exited",
        exit_code=0 if done else None, completed=done, one_off=is_one_off(state), created=state.created,
        depends_on=identity.label(state.labels, identity.DEPENDS_ON) or "",
        config_hash=state.labels.get(identity.CONFIG_HASH, ""), image=state.image,
    )  # fmt: skip
