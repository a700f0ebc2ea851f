"""When a container is what others wait for: started, healthy, completed, ready, serving; and when it never will be."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio

from perry_ffi.errors import BackendError, ContainerError, NotFound, ServiceStartupFailed, Timeout
from perry_ffi.model.container_values import moment
from perry_ffi.runtime.health import has_healthcheck, told_health
from perry_ffi.runtime.probes import Believed
from perry_ffi.runtime.waiting import Waiting
from perry_ffi.runtime.watch import Watch

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.container import ContainerInfo
    from perry_ffi.model.event import HealthResult
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.runtime.naming import Naming
    from perry_ffi.runtime.probes import Turn

DEFAULT_SECONDS = 900.0
"""How long a wait may take that nobody gave a bound."""
CRASHES = 3
"""After how many failing ends a container that the engine restarts without bound is taken for a crash loop."""
SETTLED_SECONDS = 0.5
"""How long a container without a health check has to run before it is ready: what crashes at its start runs at first."""
LONG_AGO_SECONDS = 5.0
"""What was started longer ago than this, by the engine's clock, is not waited for: clocks may differ."""
LOG_LINES = 20
_ENDED = "it ended (exit code 0), and was to go on"
REMEMBERED = 1000
"""Of how many containers it is kept that their probes are run here."""


@dataclass(frozen=True)
class Verdict:
    """What a look at a container tells: it is there, or it never will be (``failure`` says why); else it takes time."""

    reached: bool = False
    failure: str | None = None


def judge(condition: str, info: ContainerInfo, crashes: int, *, ended_well: bool = False, stopped: bool = False) -> Verdict:
    """Whether a container meets ``condition`` (started, healthy, completed, ready, serving). Pure.

    What serves is ready and goes on: it is not what ended well. crashes: how often it has failed so far. ended_well: a run of
    it has ended with 0. stopped: somebody ended its last run, so that no policy starts it again.
    """
    tries = _tries(info)
    if crashes > tries if tries else crashes >= CRASHES:
        return Verdict(failure=f"it keeps crashing ({crashes} times so far)")
    if info.status == "restarting" and ended_well and not crashes and not has_healthcheck(info):
        # It does what it was told to, over and over.
        return Verdict(condition in ("completed", "ready"), _ENDED if condition == "serving" else None)
    if info.status == "restarting" or (info.status == "exited" and not stopped and _comes_again(info)):
        return Verdict()
    if info.status in ("exited", "dead"):
        return _judge_ended(condition, info)
    if info.status == "created":
        return Verdict()
    return _judge_running(condition, info)


def _comes_again(info: ContainerInfo) -> bool:
    """Whether the engine starts a container again that failed: its policy has it, and tries are left."""
    if info.exit_code == 0 or info.restart.name == "no":
        return False
    return not (tries := _tries(info)) or (info.restart_count or 0) < tries


def _tries(info: ContainerInfo) -> int:
    """How often the engine may start it again where it fails; 0 for no bound that somebody gave."""
    return info.restart.retries if info.restart.name == "on-failure" else 0


def _judge_ended(condition: str, info: ContainerInfo) -> Verdict:
    if info.exit_code == 0 and info.status == "exited":
        if condition in ("started", "completed", "ready"):
            return Verdict(reached=True)
        return Verdict(failure=_ENDED if condition == "serving" else "it ended (exit code 0) before it was healthy")
    if condition == "started":
        return Verdict(reached=True)
    return Verdict(failure=f"it ended with exit code {info.exit_code}" + (" (out of memory)" if info.oom_killed else ""))


def _judge_running(condition: str, info: ContainerInfo) -> Verdict:
    checked = has_healthcheck(info)
    if condition == "completed":
        return Verdict()
    if condition == "started" or (condition in ("ready", "serving") and not checked):
        return Verdict(reached=True)
    if not checked:
        return Verdict(failure="it has no health check, neither in the file nor in its image")
    health = told_health(info)
    if health == "unhealthy":
        return Verdict(failure="it is unhealthy")
    return Verdict(reached=health == "healthy")


async def started(backend: Backend, ident: str, owner: str, name: str, naming: Naming) -> None:
    """Starts a container of ``owner``. Raises ServiceStartupFailed, with the exit code, if its command cannot be run."""
    with command_of(owner, name, naming):
        await backend.start_container(ident)


@contextmanager
def command_of(owner: str, name: str, naming: Naming) -> Iterator[None]:
    """Around calls that run a container's command: the engine's error becomes ServiceStartupFailed if the command cannot be run."""
    try:
        yield
    except BackendError as error:
        if "exitCode" not in error.details:
            raise
        reason = str(error.details.get("output") or error.message)
        raise ServiceStartupFailed(
            f"{naming.path(owner)}: {name}: it cannot be started: {reason}",
            **naming.details(owner), container=name, reason=reason,
            **{key: error.details[key] for key in ("exitCode", "backend", "status", "operation", "remedy") if key in error.details},
        ) from error  # fmt: skip


async def last_lines(backend: Backend, name: str) -> list[str] | None:
    """The end of a container's log; ``None`` where it said nothing. Raises what the backend raises."""
    from perry_ffi.model.container import LogOptions

    logs = await backend.container_logs(name, LogOptions(tail=LOG_LINES))
    return (logs.stdout + logs.stderr).splitlines()[-LOG_LINES:] or None


class Settling:
    """How long one container has been seen in the same run. run_for: seconds that it has to be what it is waited for to be."""

    def __init__(self, run_for: float = 0.0) -> None:
        self._run_for = run_for
        self._run: str | None = None
        self._since = 0.0

    def seconds_left(self, condition: str, info: ContainerInfo, crashes: int, now: float, clock: float) -> float:
        """How long it still has to run until it counts as ready. now: seconds that never jump. clock: since 1970.

        One that ends well and is started again, over and over, does what it was told to: it is not waited for.
        """
        bound = self._run_for if has_healthcheck(info) else max(SETTLED_SECONDS, self._run_for)
        if condition not in ("ready", "serving") or info.status != "running" or not bound or not info.started_at:
            return 0.0
        if clock - moment(info.started_at).ns / 1e9 > LONG_AGO_SECONDS + self._run_for:
            return 0.0
        if info.started_at != self._run:
            if self._run is not None and not crashes:
                return 0.0
            self._run, self._since = info.started_at, now
        return max(0.0, self._since + bound - now)


def _began(info: ContainerInfo) -> int:
    """When the life began that is waited for, by the engine's clock: how the one before ended, stopped by a step of the same
    plan, say, tells nothing of it. 0 where that is not known: the engine itself may have begun others after it.
    """
    return moment(info.started_at).ns if info.started_at and not info.restart_count else 0


class Readiness:
    """Waits for conditions, by events; runs health probes itself where the engine does not."""

    def __init__(
        self, backend: Backend, watch: Watch, naming: Naming, probed: dict[str, Turn] | None = None, bus: EventBus | None = None
    ) -> None:
        """naming: how errors tell whose a container is. probed: takes note of those whose probes are run here. bus: where waits
        are told.
        """
        self._backend = backend
        self._watch = watch
        self._naming = naming
        self._probed = {} if probed is None else probed
        self._probes: dict[str, HealthResult] = {}
        self._bus = bus

    async def until(
        self, owner: str, name: str, condition: str, seconds: float | None, waited_by: Sequence[str] = (), *, run_for: float = 0.0
    ) -> None:
        """Waits until the container ``name`` of ``owner`` meets ``condition``, and has for ``run_for`` seconds.

        waited_by: who needs it, to be told.

        Raises ServiceStartupFailed, with exit code, last log lines and the failing probe's output, as soon as it
        cannot be met any more; Timeout after ``seconds`` (``None``: 15 minutes).
        """
        if self._bus is None:
            return await self._within(owner, name, condition, seconds, run_for)
        whose = self._naming.details(owner)
        about = {"container": name, "condition": condition, "waitedBy": list(waited_by) or None, **whose}
        await Waiting(self._bus, self._backend, name, about).told(self._within(owner, name, condition, seconds, run_for))

    async def _within(self, owner: str, name: str, condition: str, seconds: float | None, run_for: float) -> None:
        bound = DEFAULT_SECONDS if seconds is None else seconds
        with anyio.move_on_after(bound) as scope:
            await self._until(owner, name, condition, run_for)
        if scope.cancelled_caught:
            message = f"{self._naming.path(owner)}: {name} was not {condition} within {bound:g} s"
            whose = self._naming.details(owner)
            evidence = {**whose, "container": name, "condition": condition, **await self._evidence(name)}
            raise Timeout(message, waitedFor=f"{owner} {condition}", seconds=bound, **evidence)

    async def _until(self, owner: str, name: str, condition: str, run_for: float) -> None:
        own_probes = condition in ("healthy", "ready", "serving") and not await self._backend.health_probes_run_by_engine()
        believed: Believed | None = None
        settling = Settling(run_for)
        ident: str | None = None
        since = 0
        while True:
            mark = self._watch.mark(ident)
            info = await self._look(owner, name)
            former, ident = ident, info.id
            if former not in (None, ident):
                # Another has its name by now. What happens to that one wakes who waits for it, and a mark comes before a look.
                since, believed, settling = 0, None, Settling(run_for)
                continue
            since = since or _began(info)
            pause: float | None = None
            if own_probes:
                believed = believed or Believed(self._backend, info.id)
                self._note_probed(info.id, believed.turn)
                info, pause = await believed.look(info, lambda: self._look(owner, name))
                if believed.last is not None:
                    self._probes[name] = believed.last
            crashes = self._watch.failures(info.id, since)
            ended_well = self._watch.ended_well(info.id, since)
            verdict = judge(condition, info, crashes, ended_well=ended_well, stopped=self._watch.stopped(info.id))
            if verdict.reached:
                pause = settling.seconds_left(condition, info, crashes, anyio.current_time(), time.time())
                if not pause:
                    return
            if verdict.failure:
                code = self._watch.last_failure(info.id, since) if info.exit_code is None else info.exit_code
                raise await self._failed(owner, name, condition, code, verdict.failure)
            with anyio.move_on_after(pause):
                await mark.wait()

    def _note_probed(self, ident: str, turn: Turn) -> None:
        self._probed[ident] = turn
        if len(self._probed) > REMEMBERED:
            del self._probed[next(iter(self._probed))]

    async def _look(self, owner: str, name: str) -> ContainerInfo:
        try:
            return await self._backend.inspect_container(name)
        except NotFound:
            raise ServiceStartupFailed(
                f"{self._naming.path(owner)}: the container {name} was removed meanwhile",
                **self._naming.details(owner),
                reason="removed",
            ) from None

    async def _failed(self, owner: str, name: str, condition: str, code: int | None, reason: str) -> ServiceStartupFailed:
        evidence = await self._evidence(name)
        return ServiceStartupFailed(
            f"{self._naming.path(owner)}: {name}: {reason}", **self._naming.details(owner), container=name, reason=reason, condition=condition,
            exitCode=code, **evidence,
        )  # fmt: skip

    async def _evidence(self, name: str) -> dict[str, Any]:
        """The last log lines, and the last failing probe with its command, as far as the engine still tells them."""
        evidence: dict[str, Any] = {}
        with suppress(ContainerError):
            evidence["logs"] = await last_lines(self._backend, name)
        with suppress(ContainerError):
            probes = [p for p in await self._backend.health_log(name) if p.exit_code]
            last = probes[-1] if probes else self._probes.get(name)
            if last:
                check = (await self._backend.inspect_container(name)).health_check
                evidence["probe"] = {**last.model_dump(by_alias=True), "test": check and check.test}
        return evidence
