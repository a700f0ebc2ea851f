"""The contract's services over the cluster in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.contract.capability import Capabilities
from perry_ffi.backends.contract.service_definition import ServiceDefinition
from perry_ffi.backends.contract.service_records import (
    ClusterObject,
    NodeState,
    ResolvedImage,
    ServiceChange,
    ServiceState,
    TaskLog,
    TaskState,
)
from perry_ffi.backends.contract.services import Services
from perry_ffi.backends.contract.stream import Labels, Stream
from perry_ffi.backends.fake.calls import Interrupt, carries
from perry_ffi.backends.fake.cluster.cluster import FakeCluster
from perry_ffi.backends.fake.cluster.logs import read
from perry_ffi.backends.fake.cluster.states import node_state, service_state, task_state
from perry_ffi.backends.fake.streams import Queue
from perry_ffi.backends.fake.world import Call
from perry_ffi.errors import ContainerError, NotFound, Unsupported
from perry_ffi.model.container import LogOptions
from perry_ffi.model.network import NetworkSpec

T = TypeVar("T")


class FakeServices(Services):
    """A client of a cluster. interrupt: awaited around each call, as of the engine in memory. own: the engine of the node that leads,
    where the cluster has no other one for it.
    """

    capabilities = Capabilities()

    def __init__(self, cluster: FakeCluster, interrupt: Interrupt, own: Backend) -> None:
        self.cluster = cluster
        self.interrupt = interrupt
        self._own = own

    async def _call(self, method: str, subject: str, work: Callable[[], T], *, write: bool = False) -> T:
        """Carries out ``work``, unless the call is one that fails."""
        call = Call(method, subject, write)
        self.cluster.calls.append(call)
        await self.interrupt(call, "before")
        fault = self.cluster.faults.of(call)
        if fault and fault.outcome == "later":
            self.cluster.clock.after(fault.after, _quietly(work))
        if fault and fault.outcome == "held" and self.cluster.faults.held is not None:
            self.cluster.faults.held.append(_quietly(work))
        if fault and fault.outcome != "lost":
            raise fault.error
        try:
            done = work()
        finally:
            self.cluster.clock.arm()
        if fault:
            raise fault.error
        await self.interrupt(call, "after")
        return done

    # -- services -------------------------------------------------------------------------------------

    async def services(self, labels: Labels | None = None) -> list[ServiceState]:
        def found() -> list[ServiceState]:
            carrying = [one for one in self.cluster.world.services.values() if carries(one.definition.labels, labels)]
            return [service_state(one) for one in sorted(carrying, key=lambda one: one.name)]

        return await self._call("services", "", found)

    async def service(self, name: str) -> ServiceState:
        return await self._call("service", name, lambda: service_state(self.cluster.service(name)))

    async def tasks(self, services: Iterable[str]) -> list[TaskState]:
        idents = list(services)

        def found() -> list[TaskState]:
            world = self.cluster.world
            known = [one for ident in idents if (one := world.services.get(ident) or world.leaving.get(ident))]
            tasks = [task for one in known for place in one.places.values() for task in place]
            return [task_state(task) for task in sorted(tasks, key=lambda task: task.number)]

        return await self._call("tasks", " ".join(idents), found)

    async def check_service(self, definition: ServiceDefinition) -> None:
        self.cluster.check(definition)

    async def create_service(self, definition: ServiceDefinition) -> str:
        return await self._call("create_service", definition.name, lambda: self.cluster.create(definition), write=True)

    async def update_service(self, state: ServiceState, definition: ServiceDefinition, *, restart: bool = False) -> None:
        def work() -> None:
            self.cluster.change(state, definition, self.cluster.service(state.id).forced + restart)

        await self._call("update_service", state.name, work, write=True)

    async def restore_service(self, state: ServiceState | None, former: ServiceState) -> None:
        await self._call("restore_service", former.name, lambda: self.cluster.restore(state, former), write=True)

    async def scale_service(self, state: ServiceState, replicas: int, labels: Labels | None = None) -> None:
        await self._call("scale_service", state.name, lambda: self.cluster.scale(state, replicas, labels), write=True)

    async def restart_service(self, state: ServiceState, *, ends: bool = False) -> None:
        await self._call("restart_service", state.name, lambda: self.cluster.restart(state, ends), write=True)

    async def remove_service(self, ident: str) -> None:
        await self._call("remove_service", ident, lambda: self.cluster.remove(ident), write=True)

    # -- what they need -------------------------------------------------------------------------------

    async def resolve_image(self, reference: str) -> ResolvedImage:
        return await self._call("resolve_image", reference, lambda: self.cluster.registry.resolve(reference))

    async def objects(self, kind: str, labels: Labels | None = None) -> list[ClusterObject]:
        return await self._call("objects", kind, lambda: self.cluster.objects.list(kind, labels))

    async def check_file(self, kind: str, name: str, content: bytes) -> None:
        self.cluster.objects.check_file(kind, name, content)

    async def create_file(self, kind: str, name: str, content: bytes, labels: Labels) -> str:
        objects = self.cluster.objects
        return await self._call("create_file", name, lambda: objects.create_file(kind, name, content, labels), write=True)

    async def create_network(self, name: str, spec: NetworkSpec) -> str:
        return await self._call("create_network", name, lambda: self.cluster.objects.create_network(name, spec), write=True)

    async def remove_object(self, kind: str, ident: str) -> None:
        await self._call("remove_object", ident, lambda: self.cluster.objects.remove(kind, ident), write=True)

    # -- watching -------------------------------------------------------------------------------------

    async def changes(self) -> Stream[ServiceChange]:
        listeners = self.cluster.world.listeners

        def listen() -> Stream[ServiceChange]:
            queue: Queue[ServiceChange] = Queue(on_close=lambda: listeners.remove(queue.put))
            listeners.append(queue.put)
            return queue

        return await self._call("changes", "", listen)

    async def logs(self, ident: str, options: LogOptions, *, follow: bool = False, task: bool = False) -> Stream[TaskLog]:
        def found() -> Stream[TaskLog]:
            world = self.cluster.world
            if not task:
                return read(world, self.cluster.service(ident).id, None, options, follow=follow)
            if ident not in world.tasks:
                raise NotFound(f"no such task: {ident}", backend="fake", subject=ident)
            return read(world, world.tasks[ident].service.id, ident, options, follow=follow)

        return await self._call("logs", ident, found)

    async def nodes(self) -> list[NodeState]:
        nodes = self.cluster.world.nodes
        return await self._call("nodes", "", lambda: sorted(map(node_state, nodes.values()), key=lambda node: node.name))

    async def engine_of(self, node: str) -> Backend:
        def found() -> Backend:
            try:
                there = self.cluster.node(node)
            except KeyError:
                raise NotFound(f"no such node: {node}", backend="fake", subject=node) from None
            engine = self.cluster.engines.get(there.name) or (self._own if there.leader else None)
            if engine is None:
                words, remedy = f"node {there.name}: no engine of it is known", f"say where {there.name} listens"
                raise Unsupported(words, backend="fake", node=there.name, member="node", remedy=remedy)
            return engine

        return await self._call("engine_of", node, found)


def _quietly(work: Callable[[], object]) -> Callable[[], None]:
    """``work``, done without anybody who could be told that it failed."""

    def done() -> None:
        try:
            work()
        except ContainerError:
            return

    return done


__all__ = ["FakeServices"]
