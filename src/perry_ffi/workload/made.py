"""How the containers of a graph's nodes are made: their names, labels, values, networks and runtimes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.sandbox_records import is_enough
from perry_ffi.errors import BackendNotAvailable, ContainerError, VerificationFailed
from perry_ffi.stack import identity
from perry_ffi.stack.anonymous import inherited_volumes
from perry_ffi.workload import refs
from perry_ffi.workload.container import Values, container_spec
from perry_ffi.workload.hashing import node_hash
from perry_ffi.workload.isolation import Isolation, demands
from perry_ffi.workload.labels import node_labels, nodes_label

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.sandbox_records import SandboxSeen
    from perry_ffi.model.service import ServiceSpec
    from perry_ffi.model.workload_values import Value
    from perry_ffi.runtime.removed import Removed
    from perry_ffi.workload.graph import Graph, Node
    from perry_ffi.workload.images import Image
    from perry_ffi.workload.late import Late
    from perry_ffi.workload.placement import Placement


@dataclass(frozen=True)
class Filled:
    """A node's values with what is known of others put in. refs: by node, a digest of what of it was only known late."""

    values: Values = field(repr=False)
    refs: Mapping[str, str]


class Maker:
    """isolation: by node, what it gets. transaction: the id of the run. architecture: of the engine's machine."""

    def __init__(
        self, backend: Backend, graph: Graph, placement: Placement, isolation: Mapping[str, Isolation], transaction: str,
        architecture: str,
    ) -> None:  # fmt: skip
        self._backend = backend
        self._graph = graph
        self.placement = placement
        self.isolation = isolation
        self._transaction = transaction
        self._architecture = architecture
        self._digests: dict[str, str] = {}
        self._nodes = nodes_label(graph)
        self.to_be_healthy = frozenset(
            edge.target for node in graph.nodes.values() for edge in node.edges if edge.condition == "healthy"
        )
        """The nodes whose health others wait for."""

    def name(self, node: Node, number: int) -> str:
        return identity.container_name(self._graph.name, node.name, number)

    def digest(self, node: Node) -> str:
        """Of the node as it shall be, its references as references."""
        if node.name not in self._digests:
            volumes = {key: self.placement.volume_name(key) for key in self.placement.document["volumes"]}
            networks = self.placement.of[node.name].attachments
            self._digests[node.name] = node_hash(self._graph, node, networks=networks, volumes=volumes)
        return self._digests[node.name]

    def reads_back(self, node: Node) -> bool:
        """Whether what was made of it has to be looked at."""
        return demands(node) and not self.isolation[node.name].shared

    async def filled(self, node: Node, late: Late) -> Filled:
        """Raises ServiceStartupFailed where a reference turns out to have no value."""
        known, graph, spec = await late.known(node), self._graph, node.spec

        def words(given: list[Value] | None) -> list[str] | None:
            return None if given is None else [refs.resolved(graph, value, known) for value in given]

        env = {name: refs.resolved(graph, value, known) for name, value in spec.env.items()}
        return Filled(Values(env, words(spec.cmd), words(spec.entrypoint)), refs.digests(graph, node, known))

    async def spec(
        self, node: Node, number: int, image: Image, filled: Filled, old: str | None, removed: Mapping[str, Removed]
    ) -> ServiceSpec:
        """old: the id of the service's container whose anonymous volumes it goes on with. removed: those that went already."""
        chosen = self.isolation[node.name]
        labels = node_labels(
            self._graph, node, number, digest=self.digest(node), image_id=image.id, refs=filled.refs,
            transaction=self._transaction, isolation="shared" if chosen.shared else chosen.level, nodes=self._nodes,
        )  # fmt: skip
        spec = container_spec(
            node, name=self.name(node, number), image=image.reference, values=filled.values, mounts=self.placement.mounts(node),
            labels=labels, place=self.placement.of[node.name], isolation=chosen,
            architecture=self._architecture, details=image.details,
        )  # fmt: skip
        if old is None:
            return spec
        info = removed[old].info if old in removed else await self._backend.inspect_container(old)
        return await inherited_volumes(self._backend, info, spec)


def refusal(node: Node, image: Image, wanted: Isolation, seen: SandboxSeen, backend: str) -> ContainerError | None:
    """Why what an engine made is not what was asked for, if it is not."""
    if seen.image_id != image.id:
        return VerificationFailed(
            f"nodes.{node.name}.image: {backend} made its container of another image than the one that was asked for",
            reason="registryLied", image=image.reference, backend=backend, node=node.name,
        )  # fmt: skip
    if is_enough(seen.level, wanted.level) and (wanted.runtime is None or seen.runtime == wanted.runtime):
        return None
    asked = f"{wanted.runtime or 'the engine’s runtime'} ({wanted.level})"
    return BackendNotAvailable(
        f"nodes.{node.name}.policy: {asked} was asked for, and {backend} made it with {seen.runtime} ({seen.level})",
        backend=backend, node=node.name, tier=node.enforcement.tier, wanted=wanted.level,
        rows=[{"runtime": seen.runtime, "class": seen.level, "reason": "that is what was made"}],
    )  # fmt: skip
