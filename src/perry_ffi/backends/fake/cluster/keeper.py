"""What keeps services as they are defined: how many tasks each has, where, and of which version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from perry_ffi.backends.contract.service_definition import ServiceDefinition
from perry_ffi.backends.contract.service_records import ENDED
from perry_ffi.backends.fake.cluster.clock import MOMENT
from perry_ffi.backends.fake.cluster.records import Key, Node, Service, Task
from perry_ffi.backends.fake.cluster.scheduler import eligible
from perry_ffi.backends.fake.cluster.tasks import TaskLife
from perry_ffi.backends.fake.cluster.updates import Rolling, is_outdated, set_update

Place = list[Task]


class Keeper:
    """Reconciles services with their tasks, and nodes with theirs. defined: told of each service that was defined anew."""

    def __init__(self, life: TaskLife, defined: Callable[[Service], None]) -> None:
        self.life = life
        self._defined = defined
        self.world = life.world

    def notice(self, service: Service) -> None:
        """Has ``service`` be reconciled a moment later: whoever changed it is answered before."""
        self.world.clock.after(MOMENT, partial(self.reconcile, service))

    def reconcile(self, service: Service) -> None:
        """Starts what is missing, ends what is too much, and has the rest replaced where it is outdated."""
        if service.removed:
            return
        live, dead = self._places(service)
        wanted = self._keys(service, live)
        kept = [live[key] for key in wanted if key in live]
        self._update(service, kept)
        for key in wanted:
            if key not in live:
                dead.pop(key, None)
                self.life.start(service, key)
        for key, place in [*live.items(), *dead.items()]:
            if key not in wanted:
                for task in list(place):
                    self.life.shut_down(task, remove=True)

    def change(self, service: Service, definition: ServiceDefinition, forced: int) -> None:
        """Has ``service`` be defined anew."""
        if service.rollout:
            service.rollout.cancel()
            service.rollout = None
        service.previous = (service.definition, service.forced)
        self._define(service, definition, forced)
        service.update = None
        self.notice(service)

    def _define(self, service: Service, definition: ServiceDefinition, forced: int) -> None:
        service.definition, service.forced = definition, forced
        self._defined(service)
        self.world.touch(service)

    def _go_back(self, service: Service, message: str) -> None:
        """The engine's own way back, once: what was before is not remembered any more then."""
        if service.removed or service.previous is None:
            return
        definition, forced = service.previous
        service.previous, service.rollout = None, None
        set_update(self.life, service, "rolling_back", message)
        self._define(service, definition, forced)
        self.notice(service)

    def _update(self, service: Service, places: Sequence[Place]) -> None:
        if service.update and service.update.state in ("paused", "rollback_paused"):
            return
        rollout = service.rollout
        if rollout and rollout.definition is service.definition and rollout.forced == service.forced:
            return
        outdated = [place for place in places if len(place) > 1 or is_outdated(service, place[0])]
        if outdated:
            rolling = Rolling(self.life, service, outdated, partial(self._go_back, service))
            service.rollout = rolling
            rolling.start()
        elif service.update and service.update.state == "rolling_back":
            set_update(self.life, service, "rolled_back", "rollback completed")

    def _places(self, service: Service) -> tuple[dict[Key, Place], dict[Key, Place]]:
        """Those with tasks that an update replaces, and those that are taken by nothing any more."""
        back = service.update is not None and service.update.state == "rolling_back"
        live: dict[Key, Place] = {}
        dead: dict[Key, Place] = {}
        for key, tasks in service.places.items():
            running = [task for task in tasks if task.wanted]
            if not running and not back and not self.life.is_restarted(tasks[-1]) and tasks[-1].desired != "remove":
                running = [tasks[-1]]
            if running:
                live[key] = running
            elif tasks[-1].desired != "remove":
                dead[key] = tasks
        return live, dead

    def _keys(self, service: Service, live: dict[Key, Place]) -> list[Key]:
        replicas = service.definition.replicas
        if replicas is None:
            return [node.id for node in self.world.nodes.values() if eligible(service.definition, node)]
        if replicas < len(live):
            return self._fewer(live, replicas)
        keys: list[Key] = sorted(live, key=str) if any(isinstance(key, str) for key in live) else sorted(live)
        number = 0
        while len(keys) < replicas:
            number += 1
            if number not in live:
                keys.append(number)
        return keys

    def _fewer(self, live: dict[Key, Place], replicas: int) -> list[Key]:
        """Those that stay: such that run, and so that what is left is spread over the nodes."""
        numbers: Counter[str] = Counter()
        ranked: list[tuple[bool, int, Key]] = []
        for key in sorted(live, key=lambda key: (live[key][-1].state != "running", key)):
            node = live[key][0].node
            if len(live[key]) == 1 and node:
                numbers[node.id] += 1
                ranked.append((False, numbers[node.id], key))
            else:
                ranked.append((True, 0, key))
        ranked.sort(key=lambda row: row[:2])
        return [key for _, _, key in ranked[:replicas]]

    # -- nodes ----------------------------------------------------------------------------------------

    def leave(self, node: Node) -> None:
        """What is on ``node`` has to go elsewhere."""
        for task in list(node.tasks.values()):
            if task.wanted:
                self.life.move(task)
        self.join()

    def join(self) -> None:
        """Nodes changed: those who wait for one are placed, and what runs on each runs on new ones."""
        self.life.look_again()
        for service in list(self.world.services.values()):
            if service.everywhere:
                self.reconcile(service)

    def wake(self, node: Node) -> None:
        """``node`` answers again: what was to end there meanwhile has ended, and the rest died with it."""
        for task in list(node.tasks.values()):
            if task.state not in ENDED:
                self.life.end(task, "failed" if task.wanted else "stopped")
        self.join()


__all__ = ["Keeper"]
