"""What is known of other nodes only once they have been created, have started or have ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perry_ffi.errors import NotFound, ServiceStartupFailed
from perry_ffi.workload import refs

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.workload_values import Ref
    from perry_ffi.workload.graph import Graph, Node
    from perry_ffi.workload.placement import Placement


@dataclass
class Live:
    """The container of a node that counts now. fresh: it, or what it depends on, was made or run in this run. outputs: by name,
    all of standard output by the empty one. level: what was read back of its isolation.
    """

    id: str
    name: str
    fresh: bool = True
    exit_code: int | None = None
    outputs: Mapping[str, str] = field(default_factory=dict, repr=False)
    level: str | None = None


class Late:
    """Looks values up. live: by node, what there is of it."""

    def __init__(self, backend: Backend, graph: Graph, placement: Placement, live: Mapping[str, Live]) -> None:
        self._backend = backend
        self._graph = graph
        self._placement = placement
        self._live = live

    async def known(self, node: Node) -> dict[Ref, str]:
        """What the late references of a node have become. Raises ServiceStartupFailed where one turns out to have no value."""
        return {ref: await self._value(node, ref) for ref in refs.late(self._graph, node)}

    async def _value(self, node: Node, ref: Ref) -> str:
        target = self._live.get(ref.node)
        if target is None:
            raise _missing(node, ref, "it was never created")
        match ref.projection:
            case "containerId":
                return target.id
            case "containerName":
                return target.name
            case "exitCode":
                return _told(node, ref, None if target.exit_code is None else str(target.exit_code))
            case "output":
                return self._output(node, ref, target)
            case "ip":
                return await self._ip(node, ref, target)
            case "hostEndpoint" | "hostUrl":
                return await self._published(node, ref, target)
        raise _missing(node, ref, "nothing is known of it so late")

    def _output(self, node: Node, ref: Ref, target: Live) -> str:
        name, _ = refs.output_of(self._graph, ref)
        text = _told(node, ref, target.outputs.get(name or ""))
        try:
            return refs.output_text(self._graph, ref, text)
        except NotFound as error:
            raise _missing(node, ref, error.message) from None

    async def _ip(self, node: Node, ref: Ref, target: Live) -> str:
        places = (await self._backend.inspect_container(target.id)).networks
        for name in self._placement.shared(node.name, ref.node):
            if name in places and (address := places[name].ip_address or places[name].ipv6_address):
                return address
        raise _missing(node, ref, "it has no address on a network that both are on")

    async def _published(self, node: Node, ref: Ref, target: Live) -> str:
        """Where the engine published a port of the container, for programs of its machine."""
        number, _, protocol = (ref.port or "").partition("/")
        for row in (await self._backend.inspect_container(target.id)).ports:
            outside, sign, inside = row.rpartition("->")
            if sign and inside == f"{number}/{protocol or 'tcp'}":
                address, _, port = outside.rpartition(":")
                return refs.published(ref, address.removeprefix("[").removesuffix("]"), port)
        raise _missing(node, ref, f"the engine published no port {number}")


def _told(node: Node, ref: Ref, found: str | None) -> str:
    if found is None:
        raise _missing(node, ref, "it has not given it")
    return found


def _missing(node: Node, ref: Ref, why: str) -> ServiceStartupFailed:
    what = ref.projection + (f" {ref.name}" if ref.name else "")
    return ServiceStartupFailed(
        f"nodes.{node.name}: its reference to {what} of {ref.node} has no value: {why}", node=node.name, reason=why,
        reference={"nodeId": ref.node, "projection": ref.projection},
    )  # fmt: skip
