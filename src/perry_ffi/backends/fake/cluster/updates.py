"""How the tasks of a service are replaced: so many at a time, watched, and what follows where they fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from perry_ffi.backends.contract.service_definition import ServiceDefinition, UpdatePolicy
from perry_ffi.backends.contract.service_records import ENDED, UpdateKind, UpdateState
from perry_ffi.backends.fake.cluster.clock import Happening
from perry_ffi.backends.fake.cluster.records import Service, Task
from perry_ffi.backends.fake.cluster.scheduler import matches
from perry_ffi.backends.fake.cluster.tasks import TaskLife

MONITOR = 5.0
"""Seconds for which a new task is watched, where its policy says none."""
WORDS: dict[UpdateKind, str] = {
    "updating": "updating", "paused": "paused", "completed": "completed", "rolling_back": "rollback_started",
    "rollback_paused": "rollback_paused", "rolled_back": "rollback_completed",
}  # fmt: skip
"""What events call the states of an update."""


def set_update(life: TaskLife, service: Service, state: UpdateKind, message: str) -> None:
    """Tells of ``service`` how its update goes on."""
    about = {"name": service.name, "updatestate.new": WORDS[state]}
    if service.update:
        about["updatestate.old"] = WORDS[service.update.state]
    service.update = UpdateState(state, message)
    life.world.touch(service)
    life.world.tell("service", "update", service.id, service.name, about)


def is_outdated(service: Service, task: Task) -> bool:
    """Whether ``task`` has to be replaced for the service to be as it is defined."""
    old, new = task.definition, service.definition
    if task.forced == service.forced and (old is new or _made_of(old) == _made_of(new)):
        return False
    only_placement = task.forced == service.forced and _made_of(old)[1:] == _made_of(new)[1:]
    return not (only_placement and task.node is not None and matches(new, task.node))


def _made_of(definition: ServiceDefinition) -> tuple[object, ...]:
    """What a task is made of; the placement first."""
    return (
        definition.placement, definition.container, definition.networks, definition.configs, definition.secrets,
        definition.ports, definition.restart, definition.reservations, definition.endpoint,
    )  # fmt: skip


class Rolling:
    """One update, or the way back from one. failed: called once with what the engine says where its policy is to go back."""

    def __init__(self, life: TaskLife, service: Service, places: Sequence[Sequence[Task]], failed: Callable[[str], None]) -> None:
        self._life, self._service, self._failed = life, service, failed
        self.forced = service.forced
        self._definition = service.definition
        self._back = service.update is not None and service.update.state == "rolling_back"
        self._policy: UpdatePolicy = service.definition.rollback if self._back else service.definition.update
        self._queue = list(places)
        self._total = len(places)
        self._active: dict[str, Sequence[Task]] = {}
        """Those that were made and do not run yet, by id: whom each of them replaces."""
        self._made: dict[str, float | None] = {}
        self._failures: set[str] = set()
        self._monitor: Happening | None = None
        self._idle = 0
        self._over = False
        if not self._back:
            set_update(life, service, "updating", "update in progress")

    @property
    def definition(self) -> ServiceDefinition | None:
        return None if self._over else self._definition

    def start(self) -> None:
        workers = self._policy.parallelism or self._total
        for _ in range(min(workers, self._total)):
            self._next()

    def cancel(self) -> None:
        self._over = True
        if self._monitor:
            self._monitor.cancel()

    def saw(self, task: Task) -> None:
        if self._over or task.id not in self._made:
            return
        ended = task.state in ENDED
        if ended:
            self._count_failure(task)
        if task.id in self._active and not self._over:
            old = self._active.pop(task.id)
            self._made[task.id] = self._life.world.clock.now
            if self._policy.order == "start-first" and not ended:
                self._shut_down(old)
            self._later(self._next)

    def _next(self) -> None:
        """A worker takes the next place."""
        if self._over:
            return
        if self._queue:
            self._replace(self._queue.pop(0))
            return
        self._idle += 1
        if not self._active and self._idle >= min(self._policy.parallelism or self._total, self._total):
            monitor = MONITOR if self._policy.monitor is None else self._policy.monitor
            self._monitor = self._life.world.clock.after(monitor, self._complete)

    def _replace(self, asked: Sequence[Task]) -> None:
        key = asked[0].key
        place = [task for task in self._service.places.get(key, ()) if task.wanted] or asked
        clean = [task for task in place if task.wanted and not is_outdated(self._service, task)]
        if clean:
            kept = max(clean, key=lambda task: task.desired == "running")
            last = self._shut_down([task for task in place if task is not kept])
            self._turn_after(last, kept)
            self._later(self._next)
            return
        new = self._life.start(self._service, key, "ready")
        self._made[new.id] = None
        self._active[new.id] = place
        self._turn_after(None if self._policy.order == "start-first" else self._shut_down(place), new)

    def _turn_after(self, old: Task | None, new: Task) -> None:
        if old is None:
            self._life.turn(new)
        else:
            self._life.after_end(old, partial(self._life.turn, new))

    def _shut_down(self, tasks: Sequence[Task]) -> Task | None:
        """Gives one that has to be waited for."""
        last = None
        for task in tasks:
            if task.wanted:
                self._life.shut_down(task)
                last = task if task.state not in ENDED else last
        return last

    def _later(self, what: Callable[[], None]) -> None:
        self._life.world.clock.after(self._policy.delay, what)

    def _count_failure(self, task: Task) -> None:
        began = self._made[task.id]
        monitor = MONITOR if self._policy.monitor is None else self._policy.monitor
        if task.id in self._failures or (began is not None and self._life.world.clock.now - began > monitor):
            return
        self._failures.add(task.id)
        if len(self._failures) / self._total <= self._policy.max_failure_ratio:
            return
        words = f"due to failure or early termination of task {task.id}"
        if self._policy.failure_action == "continue":
            return
        self.cancel()
        if self._back:
            set_update(self._life, self._service, "rollback_paused", f"rollback paused {words}")
        elif self._policy.failure_action == "pause":
            set_update(self._life, self._service, "paused", f"update paused {words}")
        else:
            self._failed(f"update rolled back {words}")

    def _complete(self) -> None:
        self._over = True
        if self._back:
            set_update(self._life, self._service, "rolled_back", "rollback completed")
        else:
            set_update(self._life, self._service, "completed", "update completed")


__all__ = ["MONITOR", "Rolling", "is_outdated", "set_update"]
