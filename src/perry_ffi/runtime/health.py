"""What is known of a container's health where the engine runs no probes: as much as its latest probes say, and no more. Pure.

Whoever ran them may have gone. A record that is older than the check's interval says nothing, nor does one of a former run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.model.container_values import moment

if TYPE_CHECKING:
    from perry_ffi.model.container_facts import Probe
    from perry_ffi.model.container_info import ContainerInfo
    from perry_ffi.model.event import HealthStatus

DEFAULT_INTERVAL, DEFAULT_TIMEOUT, DEFAULT_RETRIES = 30.0, 30.0, 3
GRACE_SECONDS = 5.0
"""How much later than its check says a probe may come whose turn it is, on a busy machine."""
SKEW_SECONDS = 2.0
"""How far ahead an engine's clock may be; what it notes of a later time was noted by another clock."""
KEPT = 5
"""How many probes podman keeps, the older ones of a container without bound for itself."""


def has_healthcheck(info: ContainerInfo) -> bool:
    """Whether the container has a health check, from the file or its image."""
    return info.health_check is not None


def probe_interval(info: ContainerInfo) -> float:
    """Seconds between two probes."""
    return (info.health_check and info.health_check.interval) or DEFAULT_INTERVAL


def probe_retries(info: ContainerInfo) -> int:
    """After how many failed probes one after the other a container is unhealthy."""
    return (info.health_check and info.health_check.retries) or DEFAULT_RETRIES


def probes_of(info: ContainerInfo) -> list[Probe]:
    """Those of the container's present run that the engine still has, oldest first."""
    started = _started(info)
    return [probe for probe in info.probes if probe.end > started]


def seconds_to_probe(info: ContainerInfo, clock: float) -> float:
    """Seconds until the next probe is due: an interval after the start or after the end of the last one. clock: since 1970."""
    last = max(_started(info), *(probe.end for probe in probes_of(info)[-1:]), 0.0)
    every = probe_interval(info)
    return min(max(0.0, last + every - clock), every)


def known_health(info: ContainerInfo, clock: float | None, *, since: float | None = None) -> HealthStatus | None:
    """``healthy``, ``unhealthy``, ``starting`` where no probe has decided yet; ``None`` where nothing is known, or no check is there.

    clock: the present; ``None`` where the newest probe is known to be of the present. since: from when on somebody has been
    at it, so that the one after a probe of theirs, or after one that still said something when they came, may be a little late.
    """
    if not has_healthcheck(info):
        return None
    probes = probes_of(info)
    newest = probes[-1].end if probes else _started(info)
    bound = probe_interval(info)
    if since is not None and newest >= since - bound:
        bound += _timeout(info) + GRACE_SECONDS
    if clock is not None and not -SKEW_SECONDS <= clock - newest <= bound:
        return None
    if not probes:
        return "starting"
    return "healthy" if probes[-1].passed else _after_a_failure(info, probes)


def _after_a_failure(info: ContainerInfo, probes: list[Probe]) -> HealthStatus:
    """By the probes that follow each other as the check has it: what was before a gap says nothing."""
    gap = 2 * probe_interval(info) + _timeout(info)
    until = _started(info) + (info.health_check.start_period if info.health_check else 0.0)
    passed = next((at for at in range(len(probes) - 1, -1, -1) if probes[at].passed), -1)
    failed, later, whole = 0, probes[-1].end, True
    for probe in reversed(probes[passed + 1 :]):
        if later - probe.end > gap:
            whole = False
            break
        failed += passed >= 0 or probe.end > until
        later = probe.end
    if failed >= probe_retries(info) or (failed >= KEPT and info.health == "unhealthy"):
        return "unhealthy"
    return "healthy" if whole and passed >= 0 and later - probes[passed].end <= gap else "starting"


def told_health(info: ContainerInfo) -> HealthStatus | None:
    """The engine's word for a container's health; ``starting`` where all that it tells of it is of a former run."""
    started = _started(info)
    former = [probe for probe in info.probes if 0 < probe.end <= started]
    decided = info.health in ("healthy", "unhealthy")
    return "starting" if decided and former and len(former) == len(info.probes) else info.health


def last_passed(info: ContainerInfo) -> bool:
    """Whether the newest probe of the present run passed."""
    return any(probe.passed for probe in probes_of(info)[-1:])


def _started(info: ContainerInfo) -> float:
    return moment(info.started_at).ns / 1e9 if info.started_at else 0.0


def _timeout(info: ContainerInfo) -> float:
    return (info.health_check and info.health_check.timeout) or DEFAULT_TIMEOUT
