"""Health: who runs the probes, one probe by hand, and what the latest ones said."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import anyio

from perry_ffi.backends.engine_api.engine_client import EngineCalls, shown
from perry_ffi.backends.engine_api.responses.container import parse_health
from perry_ffi.backends.engine_api.responses.fields import listing, mapping, reads
from perry_ffi.backends.engine_api.sayings import Meaning, says
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.errors import BackendError, Conflict, Timeout
from perry_ffi.model.event import HealthResult

_DEFAULT_TIMEOUT = 30.0
"""Seconds that a probe may take where its check does not say it (Dockerfile reference, HEALTHCHECK)."""
_GRACE = 3.0
"""Seconds beyond, for the engine's own work."""


TIMED_OUT = -1
"""The exit code of a probe that took too long: docker's, and that of podman 4.3 and 5.4."""
_TIMED_OUT_PODMAN = 125
"""That of podman 5.8; a probe that ended by itself has 0 or 1 there, whatever its own code."""
SYSTEMD_RUNS = "/run/systemd/system"


class Health(EngineCalls):
    """The health operations."""

    _timers: bool | None = None

    async def health_probes_run_by_engine(self) -> bool:
        """Docker runs them. Podman leaves them to systemd's timers, where systemd runs (sd_booted(3)).

        Of another machine its choice of cgroups tells; its answer takes podman a second, for it looks its packages up.
        """
        if not self.podman:
            return True
        if self._timers is None and self.local:
            self._timers = os.path.isdir(SYSTEMD_RUNS)
        if self._timers is None:
            info = await self.ask_object(_libpod("ask podman who runs its health checks", "info"))
            host = info.get("host")
            self._timers = isinstance(host, dict) and host.get("cgroupManager") == "systemd"
        return self._timers

    async def probe_health(self, ident: str) -> HealthResult:
        doing = f"check the health of {shown(ident)}"
        if self.podman:
            await self._probe(ident, doing)
        document = (await self.inspect_container(ident)).raw or {}
        state, check = mapping(document.get("State")), _check(document)
        if not check or state.get("Running") is not True:
            why = "it does not run" if check else "it has no health check"
            raise Conflict(f"{doing}: {why}", backend=self.name, operation=doing, subject=ident)
        log = health_results(state.get("Health"), podman=self.podman)
        last = log[-1] if log else None
        status = parse_health(state.get("Health")) or "starting"
        return HealthResult(status=status, exit_code=last.exit_code if last else None, output=last.output if last else "")

    async def _probe(self, ident: str, doing: str) -> None:
        """Has podman run a probe. Its answer is that probe's alone; the counting shows in the container.

        Podman 4.3 does not end a probe that takes too long. It answers when the probe has ended, with an error, and
        counts it as failed; one that never ends is given up with Timeout.
        """
        document = (await self.inspect_container(ident)).raw or {}
        timeout = mapping(_check(document)).get("Timeout")
        seconds = (timeout / 10**9 if isinstance(timeout, int) and timeout > 0 else _DEFAULT_TIMEOUT) + _GRACE
        request = _libpod(doing, "containers", Name(ident), "healthcheck", extra_time=seconds)
        try:
            with anyio.fail_after(seconds):
                await self.ask(request, subject=ident)
        except TimeoutError:
            raise Timeout(
                f"{doing}: the probe has not ended after {seconds:g} s",
                backend=self.name, waitedFor=f"the health probe of {shown(ident)}", seconds=seconds,
            ) from None  # fmt: skip
        except BackendError as error:
            if not says(error.message, Meaning.PROBE_TIMEOUT):
                raise

    async def health_log(self, ident: str) -> list[HealthResult]:
        document = (await self.inspect_container(ident)).raw or {}
        return health_results(mapping(document.get("State")).get("Health"), podman=self.podman)


def _libpod(doing: str, *path: str, extra_time: float = 0.0) -> Request:
    """A question in podman's own API, below the oldest version of it that Podman 4 and 5 answer."""
    return Request("GET", ("v4.0.0", "libpod", *path), doing, extra_time=extra_time, versioned=False)


def _check(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The health check of an inspected container; ``None`` where there is none, or it is switched off."""
    check = mapping(mapping(document.get("Config")).get("Healthcheck"))
    test = check.get("Test") or []
    return check if test and test[0] != "NONE" else None


@reads("a health check")
def health_results(document: Any, *, podman: bool = False) -> list[HealthResult]:
    """The probes in ``State.Health``, oldest first."""
    return [
        HealthResult(
            status="healthy" if item["ExitCode"] == 0 else "unhealthy",
            exit_code=TIMED_OUT if podman and item["ExitCode"] == _TIMED_OUT_PODMAN else item["ExitCode"],
            output=item.get("Output") or "",
        )
        for item in listing(mapping(document).get("Log"))
    ]
