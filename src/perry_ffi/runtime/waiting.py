"""What is told of a wait: its begin and its end, and to who listens closely what keeps it, once a second."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio

from perry_ffi.cancellation import one_error
from perry_ffi.errors import ContainerError
from perry_ffi.runtime.health import probe_retries

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.event import HealthResult
    from perry_ffi.runtime.event_bus import EventBus

LOOK_SECONDS = 1.0
"""How often it is looked at what a container says while it is waited for."""
LONGEST = 400
"""Characters of a line that are told."""


class Waiting:
    """Tells of one wait, as records of kind ``wait``: ``started``, ``waiting`` (``log``, ``probe``), ``done`` or ``failed``.

    about: what stands in each of them. name: the container.
    """

    def __init__(self, bus: EventBus, backend: Backend, name: str, about: dict[str, Any]) -> None:
        self._bus, self._backend, self._name, self._about = bus, backend, name, about
        self._retries: int | None = None

    async def told(self, work: Awaitable[None]) -> None:
        """Waits for ``work``. Raises what it raises."""
        began = anyio.current_time()
        self._bus.tell("wait", state="started", **self._about)
        try:
            await (self._watched(work) if self._bus.is_heard_closely else work)
        except ContainerError as error:
            self._bus.tell("wait", state="failed", message=error.message, seconds=anyio.current_time() - began, **self._about)
            raise
        self._bus.tell("wait", state="done", seconds=anyio.current_time() - began, **self._about)

    async def _watched(self, work: Awaitable[None]) -> None:
        with one_error():
            async with anyio.create_task_group() as group:
                group.start_soon(self._look)
                await work
                group.cancel_scope.cancel()

    async def _look(self) -> None:
        """Tells what is new; whatever the engine cannot tell is left out."""
        before: dict[str, Any] = {}
        while True:
            await anyio.sleep(LOOK_SECONDS)
            found: dict[str, Any] = {}
            with suppress(ContainerError):
                found["log"] = await self._last_line()
            with suppress(ContainerError):
                found["probe"] = await self._failing_probe()
            if found != before:
                before = found
                self._bus.tell("wait", state="waiting", **found, **self._about)

    async def _last_line(self) -> str | None:
        from perry_ffi.model.container import LogOptions

        logs = await self._backend.container_logs(self._name, LogOptions(tail=1))
        lines = (logs.stdout + logs.stderr).splitlines()
        return lines[-1][:LONGEST] if lines else None

    async def _failing_probe(self) -> dict[str, Any] | None:
        """The newest probe, if it failed: its code, the last line of its words, how many failed so far, how many may."""
        probes = await self._backend.health_log(self._name)
        if not probes or not probes[-1].exit_code:
            return None
        if self._retries is None:
            self._retries = probe_retries(await self._backend.inspect_container(self._name))
        lines = probes[-1].output.strip().splitlines()
        said = {"exitCode": probes[-1].exit_code, "output": lines[-1][:LONGEST] if lines else ""}
        return {**said, "failed": _failed(probes), "retries": self._retries}


def _failed(probes: Sequence[HealthResult]) -> int:
    """How many of the latest probes failed one after the other, as far as the engine keeps them."""
    passed = next((at for at in range(len(probes) - 1, -1, -1) if not probes[at].exit_code), -1)
    return len(probes) - 1 - passed
