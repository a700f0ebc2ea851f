"""A container that was started again is given time to be healthy before what serves in its place goes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from perry_ffi.errors import ContainerError
from perry_ffi.runtime.health import has_healthcheck, told_health
from perry_ffi.runtime.urgent_stop import unless

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend

SECONDS = 20.0
PAUSE_SECONDS = 0.1


async def healthy_again(backend: Backend, ident: str, urgent: asyncio.Event) -> None:
    """Waits until a running container with a health check has passed or failed it; for ``SECONDS`` at most, and not where it is
    urgent. What cannot be told is not waited for.
    """
    with suppress(ContainerError), anyio.move_on_after(SECONDS):
        await unless(urgent, lambda: _until_told(backend, ident))


async def _until_told(backend: Backend, ident: str) -> None:
    probes_itself = await backend.health_probes_run_by_engine()
    while True:
        info = await backend.inspect_container(ident)
        if info.status != "running" or not has_healthcheck(info) or told_health(info) in ("healthy", "unhealthy"):
            return
        if not probes_itself and (await backend.probe_health(ident)).status != "starting":
            return
        await anyio.sleep(PAUSE_SECONDS)


__all__ = ["healthy_again"]
