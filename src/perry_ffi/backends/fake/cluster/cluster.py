"""The cluster in memory: what a test scripts of it, and what it does to its machines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.contract.service_definition import ServiceDefinition
from perry_ffi.backends.contract.service_records import ServiceState
from perry_ffi.backends.contract.stream import Labels
from perry_ffi.backends.fake.cluster.clock import MOMENT, Clock
from perry_ffi.backends.fake.cluster.faults import Faults
from perry_ffi.backends.fake.cluster.keeper import Keeper
from perry_ffi.backends.fake.cluster.objects import Objects, Registry
from perry_ffi.backends.fake.cluster.records import Node, Service, Task, TaskScript
from perry_ffi.backends.fake.cluster.tasks import TaskLife
from perry_ffi.backends.fake.cluster.world import ClusterWorld, Script
from perry_ffi.backends.fake.world import Call
from perry_ffi.errors import Conflict, NotFound, Unsupported, ValidationError

NOTICED = 16.0
"""Seconds after which a node that does not answer counts as down."""
_NAME = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?\Z")


def _as_told(task: Task) -> TaskScript:
    return TaskScript()


class FakeCluster:
    """Several machines, their services and what happens to these. Several backends may share one.

    nodes: how many, the first of them the leader (``n1``, ``n2`` …), or those. script: what a task does. digests: what
    registries have, by reference; missing: what none has; any other image is there. pace: see ``Clock``. engines: engines of
    containers by the name of their node.
    """

    def __init__(
        self, nodes: int | Sequence[Node] = 3, *, script: Script = _as_told, digests: Mapping[str, str] | None = None,
        missing: Iterable[str] = (), pace: float | None = 0.001, engines: Mapping[str, Backend] | None = None,
    ) -> None:  # fmt: skip
        self.clock = Clock(pace)
        self.world = ClusterWorld(nodes, self._scripted, self.clock)
        self.script = script
        self.registry = Registry(dict(digests or {}), missing)
        self.objects = Objects(self.world)
        self.faults = Faults()
        self.engines = dict(engines or {})
        self.calls: list[Call] = []
        self._life = TaskLife(self.world)
        self._keeper = Keeper(self._life, self.objects.use)

    def _scripted(self, task: Task) -> TaskScript:
        image = task.definition.container.image
        found = self.script(task)
        return replace(found, rejected=f"No such image: {image}") if self.registry.lacks(image) else found

    @property
    def writes(self) -> list[Call]:
        """The calls that may have changed something."""
        return [call for call in self.calls if call.write]

    @property
    def counts(self) -> Counter[str]:
        """How often each call was made, by its name."""
        return Counter(call.method for call in self.calls)

    # -- services -------------------------------------------------------------------------------------

    def service(self, name: str) -> Service:
        """By name or id."""
        found = self.world.by_name.get(name) or self.world.services.get(name)
        if found is None:
            raise NotFound(f"no such service: {name}", backend="fake", subject=name)
        return found

    def check(self, definition: ServiceDefinition) -> None:
        """What no service can be defined as."""
        if not _NAME.match(definition.name):
            words = "a name of at most 63 letters, digits, - and _"
            raise ValidationError(f"{definition.name}: expected {words}", path="name", expected=words)
        if definition.endpoint == "dnsrr" and any(port.mode == "ingress" for port in definition.ports):
            words = "ports of mode host, where each task has an address of its own"
            raise ValidationError(f"{definition.name}: expected {words}", path="ports", expected=words)
        if definition.rollback.failure_action == "rollback":
            raise ValidationError(f"{definition.name}: rollback: expected pause or continue", path="rollback")

    def create(self, definition: ServiceDefinition, forced: int = 0) -> str:
        self.check(definition)
        if definition.name in self.world.by_name:
            raise Conflict(f"service {definition.name}: the name is taken", backend="fake", subject=definition.name)
        self.objects.check(definition)
        service = Service(self.world.ident(), definition, 0, self.clock.stamp(), forced)
        self._publish(service, definition)
        self.world.touch(service)
        self.world.services[service.id] = self.world.by_name[service.name] = service
        self.objects.use(service)
        self.world.tell("service", "create", service.id, service.name)
        self._keeper.notice(service)
        return service.id

    def change(self, state: ServiceState, definition: ServiceDefinition, forced: int | None = None) -> None:
        """Has a service that is as ``state`` says be defined anew. forced: how often it was restarted; absent: as often as it was."""
        service = self._current(state)
        self.check(definition)
        if definition.name != service.name or (definition.replicas is None) is not service.everywhere:
            word = "name" if definition.name != service.name else "mode"
            raise Unsupported(f"service {service.name}: its {word} cannot change", backend="fake", member=word)
        self.objects.check(definition)
        self._publish(service, definition)
        about = _differences(service.definition, definition)
        self._keeper.change(service, definition, service.forced if forced is None else forced)
        self.world.tell("service", "update", service.id, service.name, {"name": service.name, **about})

    def restore(self, state: ServiceState | None, former: ServiceState) -> None:
        if state is None:
            self.create(former.kept["definition"], former.kept["forced"])
        else:
            self.change(state, former.kept["definition"], former.kept["forced"])

    def scale(self, state: ServiceState, replicas: int, labels: Labels | None) -> None:
        service = self._current(state)
        if service.everywhere:
            raise Unsupported(f"service {service.name}: runs on each node", backend="fake", member="replicas")
        found: dict[str, str | None] = {**service.definition.labels, **(labels or {})}
        kept = {name: value for name, value in found.items() if value is not None}
        self.change(state, replace(service.definition, replicas=replicas, labels=kept))

    def restart(self, state: ServiceState, ends: bool = False) -> None:
        service = self._current(state)
        found = service.definition
        definition = replace(found, update=replace(found.update, failure_action="continue")) if ends else found
        self.change(state, definition, service.forced + 1)

    def remove(self, ident: str) -> None:
        service = self.service(ident)
        service.removed = True
        if service.rollout:
            service.rollout.cancel()
        del self.world.services[service.id], self.world.by_name[service.name]
        self._publish(service, None)
        self.objects.use(service)
        if service.places:
            self.world.leaving[service.id] = service
        self.clock.after(MOMENT, lambda: self._end_tasks(service))
        self.world.tell("service", "remove", service.id, service.name)

    def _end_tasks(self, service: Service) -> None:
        for tasks in list(service.places.values()):
            for task in list(tasks):
                self._life.shut_down(task, remove=True)

    def _current(self, state: ServiceState) -> Service:
        service = self.service(state.id)
        if service.version != state.version:
            raise Conflict(f"service {service.name}: update out of sequence", backend="fake", subject=service.name)
        return service

    def _publish(self, service: Service, definition: ServiceDefinition | None) -> None:
        """Has the ports that each node has for it be those of ``definition``."""
        ports = definition.ports if definition else ()
        wanted = {(port.published, port.protocol) for port in ports if port.mode == "ingress" and port.published}
        for port in wanted:
            other = self.world.ingress.get(port, service)
            if other is not service:
                words = f"port '{port[0]}' is already in use by service '{other.name}' as an ingress port"
                raise Conflict(f"service {service.name}: {words}", backend="fake", subject=service.name)
        for port in service.ingress - wanted:
            del self.world.ingress[port]
        self.world.ingress.update(dict.fromkeys(wanted, service))
        service.ingress = wanted

    # -- machines -------------------------------------------------------------------------------------

    def node(self, name: str) -> Node:
        """By name or id. Raises KeyError."""
        return self.world.node(name)

    def drain(self, name: str) -> None:
        """The tasks of a node go elsewhere, and none comes."""
        node = self.node(name)
        node.draining = True
        self.world.tell("node", "update", node.id, node.name, {"availability.new": "drain"})
        self._keeper.leave(node)

    def activate(self, name: str) -> None:
        """A node takes tasks again; none comes back by itself."""
        node = self.node(name)
        node.draining, node.active = False, True
        self.world.tell("node", "update", node.id, node.name, {"availability.new": "active"})
        self._keeper.join()

    def cut(self, name: str, noticed: float = NOTICED) -> None:
        """A node loses its power; the cluster notices it ``noticed`` seconds later. Its tasks are told as they were."""
        node = self.node(name)
        node.silent = True
        for task in node.tasks.values():
            if task.step:
                task.step.cancel()
        self.clock.after(noticed, lambda: self._lose(node))

    def _lose(self, node: Node) -> None:
        if node.silent and node.up:
            node.up = False
            self.world.tell("node", "update", node.id, node.name, {"state.new": "down", "state.old": "ready"})
            self._keeper.leave(node)

    def lose_leader(self, seconds: float, *, carries_out: bool) -> None:
        """For so long no manager leads: nothing is answered, tasks run on. carries_out: whether the next one carries out what was
        asked for meanwhile.
        """
        self.faults.held = []
        self.clock.after(seconds, lambda: self._lead(carries_out))

    def _lead(self, carries_out: bool) -> None:
        held, self.faults.held = self.faults.held or [], None
        for work in held if carries_out else ():
            work()

    def restore_power(self, name: str) -> None:
        """A node answers again, without the tasks that it had."""
        node = self.node(name)
        told = not node.up
        node.silent, node.up = False, True
        if told:
            self.world.tell("node", "update", node.id, node.name, {"state.new": "ready", "state.old": "down"})
        self._keeper.wake(node)


def _differences(old: ServiceDefinition, new: ServiceDefinition) -> dict[str, str]:
    """What an event of an update tells."""
    found = {"replicas": (old.replicas, new.replicas), "image": (old.container.image, new.container.image)}
    return {
        f"{name}.{when}": str(value)
        for name, pair in found.items()
        if pair[0] != pair[1]
        for when, value in zip(("old", "new"), pair, strict=True)
    }


__all__ = ["NOTICED", "FakeCluster"]
