"""Networks and volumes of a graph: what of them is there, and what is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from perry_ffi.cancellation import one_error
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.runtime.actions.objects import CreateNetwork, CreateVolume
from perry_ffi.stack import identity
from perry_ffi.stack.check import named
from perry_ffi.stack.translate.objects import network_spec, volume_spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.container import ContainerInfo, ContainerSpec
    from perry_ffi.model.network import NetworkSpec
    from perry_ffi.model.volume import VolumeSpec
    from perry_ffi.runtime.run import Run
    from perry_ffi.workload.graph import Graph, Node
    from perry_ffi.workload.placement import Placement


@dataclass(frozen=True)
class Missing:
    """What has to be made before a node is created, each with its key and its name in the engine. notes: what
    is there and is not as the graph has it.
    """

    networks: tuple[tuple[str, str], ...] = ()
    volumes: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


class GraphSpecs:
    """How a graph's networks and volumes look, for the actions that make them."""

    def __init__(self, backend: Backend, graph: Graph, placement: Placement, transaction: str) -> None:
        self._backend = backend
        self._graph = graph
        self._placement = placement
        self._transaction = transaction

    def network(self, action: CreateNetwork) -> NetworkSpec:
        labels = identity.network_labels(self._graph.name, action.key, self.digest("networks", action.key), "", self._transaction)
        _, spec = network_spec(self._placement.document, action.key, labels, self._backend.capabilities)
        assert spec is not None, "nothing that is external is made"
        return spec

    def volume(self, action: CreateVolume) -> VolumeSpec:
        labels = identity.volume_labels(self._graph.name, action.key, self.digest("volumes", action.key), "", self._transaction)
        _, spec = volume_spec(self._placement.document, action.key, labels, self._backend.capabilities)
        assert spec is not None, "nothing that is external is made"
        return spec

    async def container(self, action: object) -> ContainerSpec:
        raise TypeError("containers of a graph are made by its nodes")

    def again(self, spec: ContainerSpec, info: ContainerInfo) -> tuple[ContainerSpec, list[str]]:
        return spec, []

    def digest(self, section: str, key: str) -> str:
        return identity.resource_hash(self._placement.document[section][key])


async def look(backend: Backend, graph: Graph, placement: Placement, nodes: Mapping[str, Node]) -> Missing:
    """What ``nodes`` need and the engine has not. Only reads. Raises NotFound for what is external and not there, Conflict for a
    name that is somebody else's, and what creating would raise before the engine is asked.
    """
    specs = GraphSpecs(backend, graph, placement, "")
    notes: list[str] = []
    there = {info.name: info for info in await backend.list_networks()}
    networks = []
    for key in placement.networks(nodes):
        name, external = placement.network_name(key), bool(placement.document["networks"][key].get("external"))
        found = there.get(name)
        if found is None:
            _refuse_absent("networks", key, name, external)
            with named(f"networks.{key}"):
                await backend.check_network(name, specs.network(CreateNetwork(name, None, key)))
            networks.append((key, name))
        elif not external:
            notes += _differs(graph.name, "networks", key, name, found.labels, specs.digest("networks", key))
    volumes = []
    for key in placement.volumes(nodes):
        name, external = placement.volume_name(key), bool(placement.document["volumes"][key].get("external"))
        labels = await _labels_of(backend, name)
        if labels is None:
            _refuse_absent("volumes", key, name, external)
            with named(f"volumes.{key}"):
                await backend.check_volume(name, specs.volume(CreateVolume(name, None, key)))
            volumes.append((key, name))
        elif not external:
            notes += _differs(graph.name, "volumes", key, name, labels, specs.digest("volumes", key))
    return Missing(tuple(networks), tuple(volumes), tuple(notes))


async def make(missing: Missing, run: Run) -> None:
    """Makes them, each noted in the undo log first; all at a time that the engine takes at a time."""
    actions: list[CreateNetwork | CreateVolume] = [
        *(CreateNetwork(name, None, key) for key, name in missing.networks),
        *(CreateVolume(name, None, key) for key, name in missing.volumes),
    ]
    slots = anyio.CapacityLimiter(run.backend.parallel_calls)

    async def one(action: CreateNetwork | CreateVolume) -> None:
        async with slots:
            row = {"action": action.name, "target": action.target}
            run.bus.tell("step", state="started", **row)
            await action.perform(run)
            run.bus.tell("step", state="done", **row)

    with one_error():
        async with anyio.create_task_group() as group:
            for action in actions:
                group.start_soon(one, action)


async def _labels_of(backend: Backend, volume: str) -> dict[str, str] | None:
    try:
        return (await backend.inspect_volume(volume)).labels
    except NotFound:
        return None


def _refuse_absent(section: str, key: str, name: str, external: bool) -> None:
    if external:
        raise NotFound(f"{section}.{key}: {name} is external, and the engine has none of that name", subject=name)


def _differs(graph: str, section: str, key: str, name: str, labels: Mapping[str, str], digest: str) -> list[str]:
    """What there is to say of one that is there."""
    if labels.get(identity.THEIRS + "project") != graph:
        raise Conflict(
            f"{section}.{key}: {name} is there and is not this graph's", subject=name,
            remedy=f"say external: true in {section}.{key}, or give it another name",
        )  # fmt: skip
    if labels.get(identity.CONFIG_HASH) in (None, digest):
        return []
    return [f"{section}.{key}: {name} was made from another definition and stays as it is; down takes it away"]
