"""The state of a project, service by service, from what the engine counts and its tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from perry_ffi.stack.cluster.rows import infos, is_one_off, own_services, service_of, stopped_number, tasks_of
from perry_ffi.stack.observed import replica
from perry_ffi.stack.status import overall, service_state

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import ServiceState as Kept
    from perry_ffi.backends.contract.service_records import TaskState
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.compose.project import Project
    from perry_ffi.model.stack_status import ServiceState, StackStatus
    from perry_ffi.stack.context import StackContext


async def status(
    context: StackContext, services: Services, name: str, project: Project | None, scaled: Mapping[str, int]
) -> StackStatus:
    """As ``stack.status.status`` has it; a service that was stopped is ``exited``."""
    states = {service_of(state): state for state in await own_services(services, name) if not is_one_off(state)}
    tasks = await tasks_of(services, states.values())
    names = sorted({*states, *(project.services if project else ())})
    rows = {name: _one(context, name, states.get(name), tasks, project, scaled.get(name)) for name in names}
    return {"project": name, "status": overall(rows), "services": rows}


def _one(
    context: StackContext,
    service: str,
    state: Kept | None,
    tasks: Mapping[str, list[TaskState]],
    project: Project | None,
    scaled: int | None,
) -> ServiceState:
    if state is None:
        return service_state(service, [], project, scaled)
    own = [replica(context.backend, info) for info in infos([state], tasks)]
    stopped = stopped_number(state)
    found = service_state(service, own, project, state.wanted if state.everywhere else stopped if stopped else scaled)
    if stopped and not own:
        found["status"] = "exited"
    return found
