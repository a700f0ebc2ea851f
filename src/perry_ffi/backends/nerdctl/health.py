"""Health: the user's systemd runs nerdctl's checks where there is one, else whoever waits for health does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from perry_ffi.backends.command_line.arguments import shown
from perry_ffi.backends.contract.health import HealthProbes
from perry_ffi.backends.engine_api.responses.container import parse_health
from perry_ffi.backends.engine_api.responses.fields import listing, mapping, reads
from perry_ffi.backends.nerdctl.readings import current_health
from perry_ffi.backends.nerdctl.terminals import NerdctlInteraction
from perry_ffi.model.event import HealthResult

_PROBE = 60.0
"""Seconds beyond its own bound that a probe may take: nerdctl ends it after the check's own timeout."""
SYSTEMD_RUNS = "/run/systemd/system"


class NerdctlHealth(NerdctlInteraction, HealthProbes):
    """The health operations."""

    async def health_probes_run_by_engine(self) -> bool:
        """nerdctl has systemd run them, for root alone; whether that is so in a machine is not known, and they are run twice at worst."""
        return not self.is_in_machine and os.path.isdir(SYSTEMD_RUNS) and os.geteuid() == 0

    async def probe_health(self, ident: str) -> HealthResult:
        doing = f"check the health of {shown(ident)}"
        await self._line.change(
            ["container", "healthcheck", self.container(ident)], doing=doing, subject=ident, extra_time=_PROBE
        )
        health = await self._health(ident)
        log = health_results(health)
        last = log[-1] if log else None
        return HealthResult(
            status=parse_health(health) or "starting",
            exit_code=last.exit_code if last else None,
            output=last.output if last else "",
        )

    async def health_log(self, ident: str) -> list[HealthResult]:
        return health_results(await self._health(ident))

    async def _health(self, ident: str) -> Mapping[str, Any] | None:
        document = (await self.inspect_container(ident)).raw or {}
        return current_health(mapping(document.get("State")))


@reads("a health check")
def health_results(health: Mapping[str, Any] | None) -> list[HealthResult]:
    """The probes of the run that goes on, oldest first."""
    return [
        HealthResult(
            status="healthy" if item["ExitCode"] == 0 else "unhealthy",
            exit_code=item["ExitCode"],
            output=item.get("Output") or "",
        )
        for item in listing(mapping(health).get("Log"))
    ]


__all__ = ["NerdctlHealth", "health_results"]
