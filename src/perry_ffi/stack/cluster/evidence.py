"""What there is to be seen of a task that is not what it shall be: where it is, how it ended, its last words."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio

from perry_ffi.errors import ContainerError
from perry_ffi.runtime.readiness import LOG_LINES

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import TaskState
    from perry_ffi.backends.contract.services import Services

EVIDENCE_SECONDS = 5.0
"""How long the log of a task that failed is waited for: its node may be gone."""


async def evidence(services: Services, service: str, task: TaskState | None) -> dict[str, Any]:
    """Which task, where, how it ended, and its last log lines as far as its node still tells them."""
    if task is None:
        return {}
    found: dict[str, Any] = {
        "task": named(service, task), "node": task.node_name or task.node or None, "exitCode": task.exit_code,
        "error": task.error or None,
    }  # fmt: skip
    with suppress(ContainerError), anyio.move_on_after(EVIDENCE_SECONDS):
        found["logs"] = await last_lines(services, task)
    return found


async def last_lines(services: Services, task: TaskState) -> list[str] | None:
    """The last of what a task said; ``None`` where that is nothing."""
    from perry_ffi.model.container import LogOptions

    stream = await services.logs(task.id, LogOptions(tail=LOG_LINES), task=True)
    text = ""
    try:
        while (batch := await stream.next()) is not None:
            text += "".join(row.text for row in batch)
    finally:
        with anyio.CancelScope(shield=True):
            await stream.aclose()
    return text.splitlines()[-LOG_LINES:] or None


def named(service: str, task: TaskState | None) -> str:
    """A task of a service, as errors call it; the service where there is none."""
    if task is None:
        return service
    return f"{service}.{task.slot}" if task.slot else f"{service} on {task.node_name or task.node or 'no node'}"


__all__ = ["EVIDENCE_SECONDS", "evidence", "last_lines", "named"]
