"""Health: nothing probes there, so whoever waits for health does, by commands inside. Counts are of this process alone."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.apple.calls import AppleCalls, Checks
from perry_ffi.backends.command_line.arguments import shown
from perry_ffi.errors import Conflict
from perry_ffi.model.container_facts import HealthCheckInfo, Probe
from perry_ffi.model.event import HealthResult

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerInfo

DEFAULT_TIMEOUT, DEFAULT_RETRIES = 30.0, 3
"""Where a check does not say it (Dockerfile reference, HEALTHCHECK)."""
TIMED_OUT = -1
KEPT = 5
"""Probes that are remembered."""
_MAX_OUTPUT = 4096


class Health(AppleCalls):
    """``op.health_probes``"""

    async def health_probes_run_by_engine(self) -> bool:
        return False

    async def probe_health(self, ident: str) -> HealthResult:
        doing = f"check the health of {shown(ident)}"
        info = await self.look(ident, doing)
        check = info.health_check
        if check is None or info.status != "running":
            why = "it does not run" if check else "it has no health check"
            raise Conflict(f"{doing}: {why}", backend=self.name, operation=doing, subject=ident)
        code, output = await self._probed(info, check)
        counted = self._checks(info)
        counted.log = [*counted.log, _one(code, output)][-KEPT:]
        counted.probes = [*counted.probes, Probe(time.time(), code == 0)][-KEPT:]
        self._count(counted, info, check, code)
        return HealthResult(status=counted.status, exit_code=code, output=output)

    async def _probed(self, info: ContainerInfo, check: HealthCheckInfo) -> tuple[int, str]:
        from perry_ffi.model.container import ExecOptions

        kind, *words = check.test
        command = words if kind == "CMD" else ["/bin/sh", "-c", *words]
        with anyio.move_on_after(check.timeout or DEFAULT_TIMEOUT):
            found = await self.exec_container(info.id, command, ExecOptions())
            return found.exit_code, (found.stdout + found.stderr)[:_MAX_OUTPUT]
        return TIMED_OUT, f"the probe has not ended after {check.timeout or DEFAULT_TIMEOUT:g} s"

    def _checks(self, info: ContainerInfo) -> Checks:
        """The counts of the run that goes on."""
        found = self.checks.get(info.id)
        if found is None or found.started != info.started_at:
            found = self.checks[info.id] = Checks(info.started_at)
        return found

    def _count(self, counted: Checks, info: ContainerInfo, check: HealthCheckInfo, code: int) -> None:
        if code == 0:
            counted.failures, counted.status = 0, "healthy"
        elif counted.status != "starting" or _age(info) >= check.start_period:
            counted.failures += 1
            if counted.failures >= (check.retries or DEFAULT_RETRIES):
                counted.status = "unhealthy"

    async def health_log(self, ident: str) -> list[HealthResult]:
        return list(self._checks(await self.look(ident)).log)


def _one(code: int, output: str) -> HealthResult:
    return HealthResult(status="healthy" if code == 0 else "unhealthy", exit_code=code, output=output)


def _age(info: ContainerInfo) -> float:
    """Seconds since it was started."""
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(info.started_at or "")).total_seconds()
    except ValueError:
        return 0.0


__all__ = ["Health"]
