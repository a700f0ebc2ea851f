"""Waits until services are what others wait for, and says why they never will be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

from perry_ffi.errors import ContainerError, NotFound, ServiceStartupFailed, Timeout
from perry_ffi.runtime.readiness import DEFAULT_SECONDS, SETTLED_SECONDS
from perry_ffi.stack.cluster.evidence import evidence, named
from perry_ffi.stack.cluster.readiness import Expected, Verdict, judge_service, last_failure
from perry_ffi.stack.naming import SERVICES

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.service_records import ServiceState, TaskState
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.stack.cluster.watch import ClusterWatch

STUCK_SECONDS = 10.0
"""How long it may be that no node takes a task: one may be coming back."""
LOOK_AGAIN = Verdict()

ExpectedOf = Callable[[str], Expected]


class ServiceReadiness:
    """Waits for conditions. expected: what each service, by its name in the file, shall have become. idents: gives its id. images:
    gives the image that its tasks are made from.
    """

    def __init__(
        self,
        backend: Backend,
        services: Services,
        watch: ClusterWatch,
        bus: EventBus,
        expected: ExpectedOf,
        idents: Callable[[str], str],
        images: Callable[[str], str],
    ) -> None:
        self._backend = backend
        self._services = services
        self._watch = watch
        self._bus = bus
        self._expected = expected
        self._idents = idents
        self._images = images

    async def until(self, service: str, condition: str, seconds: float | None) -> None:
        """Waits until the tasks of ``service`` meet ``condition`` (started, healthy, completed, ready), as ``judge_service`` has it.

        Raises ServiceStartupFailed, with task, node, exit code and last log lines, as soon as it cannot be met any more; Timeout
        after ``seconds`` (``None``: 15 minutes).
        """
        about = {"condition": condition, **SERVICES.details(service)}
        began = anyio.current_time()
        self._bus.tell("wait", state="started", **about)
        try:
            await self._within(service, condition, DEFAULT_SECONDS if seconds is None else seconds)
        except ContainerError as error:
            self._bus.tell("wait", state="failed", message=error.message, seconds=anyio.current_time() - began, **about)
            raise
        self._bus.tell("wait", state="done", seconds=anyio.current_time() - began, **about)

    async def _within(self, service: str, condition: str, seconds: float) -> None:
        wait = _Wait(condition, await self._checked(service, condition, self._expected(service)))
        ident = self._idents(service)
        with anyio.move_on_after(seconds) as scope:
            verdict = await self._watch.until(ident, wait.look)
            if verdict.failure is not None:
                raise await self._failed(service, condition, verdict, wait)
        if scope.cancelled_caught:
            last = wait.last
            message = f"{SERVICES.path(service)}: it was not {condition} within {seconds:g} s"
            seen = await evidence(self._services, service, last.task or wait.newest)
            raise Timeout(
                f"{message}: {last.stuck}" if last.stuck else message,
                waitedFor=f"{service} {condition}", seconds=seconds, condition=condition, **SERVICES.details(service), **seen,
            )  # fmt: skip

    async def _checked(self, service: str, condition: str, expected: Expected) -> Expected:
        """Whether the tasks have a health check, which may be their image's and then no task tells."""
        if expected.checked is not None or condition not in ("healthy", "ready"):
            return expected
        return replace(expected, checked=await self._image_checks(self._images(service), needed=condition == "healthy"))

    async def _image_checks(self, image: str, *, needed: bool) -> bool | None:
        """needed: the image is fetched to be looked at where this node does not have it."""
        try:
            return (await self._backend.inspect_image(image)).has_health_check or None
        except NotFound:
            if not needed:
                return None
        except ContainerError:
            return None
        from perry_ffi.model.image import PullOptions

        with suppress(ContainerError):
            await self._backend.pull_image(image, PullOptions())
            return (await self._backend.inspect_image(image)).has_health_check or None
        return None

    async def _failed(self, service: str, condition: str, verdict: Verdict, wait: _Wait) -> ServiceStartupFailed:
        task = verdict.task or last_failure(wait.tasks, wait.expected.version)
        name = named(service, task)
        message = (
            f"{SERVICES.path(service)}: {name}: {verdict.failure}" if task else f"{SERVICES.path(service)}: {verdict.failure}"
        )
        seen = await evidence(self._services, service, task)
        return ServiceStartupFailed(message, **SERVICES.details(service), condition=condition, reason=verdict.failure, **seen)


class _Wait:
    """One wait: what was seen last, and since when."""

    def __init__(self, condition: str, expected: Expected) -> None:
        self.condition = condition
        self.expected = expected
        self.last = LOOK_AGAIN
        self.tasks: tuple[TaskState, ...] = ()
        self._stuck: float | None = None
        self._running: frozenset[str] | None = None
        self._since = 0.0

    @property
    def newest(self) -> TaskState | None:
        """The newest task, for who wants to know what keeps it."""
        return self.tasks[-1] if self.tasks else None

    def look(self, state: ServiceState | None, tasks: Sequence[TaskState]) -> Verdict | None:
        """What is decided; ``None`` to look again."""
        if state is None:
            return Verdict(failure="it was removed meanwhile")
        self.tasks = tuple(task for task in tasks if task.id not in self.expected.former)
        self.last = verdict = judge_service(self.condition, state, tasks, self.expected)
        if verdict.failure is not None:
            return verdict
        now = anyio.current_time()
        self._stuck = None if verdict.stuck is None else (self._stuck or now)
        if self._stuck is not None and now - self._stuck >= STUCK_SECONDS:
            return Verdict(failure=verdict.stuck, task=verdict.task)
        return verdict if verdict.reached and self._settled(verdict, now) else None

    def _settled(self, verdict: Verdict, now: float) -> bool:
        """What crashes at its start runs at first: without a health check the same tasks have to run for a while."""
        if verdict.settled or self.condition != "ready":
            return True
        if verdict.running != self._running:
            self._running, self._since = verdict.running, now
        return now - self._since >= SETTLED_SECONDS


__all__ = ["ServiceReadiness"]
