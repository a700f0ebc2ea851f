"""What runs and is left as it is by an ``up``, told to who listens closely."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.runtime.plan import Plan
    from perry_ffi.stack.observed import Replica


def tell_kept(bus: EventBus, project: str, rows: Iterable[Replica], services: Iterable[str], steps: Plan) -> None:
    """A record of kind ``kept`` for each container of ``services`` that runs and that no step of the plan changes."""
    if not bus.is_heard_closely:
        return
    wanted = set(services)
    touched = {step.target for step in steps.steps if step.action.changes}
    for row in rows:
        if row.running and not row.one_off and row.service in wanted and row.name not in touched:
            bus.tell("kept", project=project, container=row.name, service=row.service)
