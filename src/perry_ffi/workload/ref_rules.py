"""What may be asked of another node. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from perry_ffi.model.container_values import is_built_in
from perry_ffi.workload import refs
from perry_ffi.workload.faults import fault, unknown

if TYPE_CHECKING:
    from perry_ffi.errors import ValidationError
    from perry_ffi.model.workload import WorkloadNode
    from perry_ffi.model.workload_values import Ref
    from perry_ffi.workload.edges import Said
    from perry_ffi.workload.graph import Edge, Node

_ENDED = ("succeeded", "completed", "failed")


def check_refs(nodes: Mapping[str, Node], rows: list[Said]) -> None:
    """Raises ValidationError for the first reference that can have no value."""
    for row in rows:
        if row.ref is not None:
            for error in _faults(nodes, row.node, row.ref, row.path):
                raise error


def _faults(nodes: Mapping[str, Node], name: str, ref: Ref, path: str) -> Iterator[ValidationError]:
    node, target = nodes[name], nodes[ref.node]
    yield from _members(ref, path)
    if ref.projection in refs.OF_JOBS:
        if target.kind == "service":
            yield fault(
                f"{path}.projection", "a value of a service", f"{ref.node} says that it is one, and has no {ref.projection}"
            )
        elif ref.projection == "output":
            yield from _output(target, ref, path)
    if ref.projection in refs.ADDRESSES:
        yield from _address(node, target, path)
    if ref.projection in refs.PUBLISHED and not target.enforcement.egress:
        yield fault(f"{path}.projection", "an address on the graph's network", f"{ref.node} is on the inner network alone")
    if ref.projection in refs.PORTS:
        yield from _port(target.spec, ref, path)
    if ref.projection == "ip" or ref.projection in refs.PUBLISHED:
        edge = next(edge for edge in node.edges if edge.target == ref.node)
        yield from _still_there(edge, ref, path)


def _members(ref: Ref, path: str) -> Iterator[ValidationError]:
    """Members that say nothing of what is asked for."""
    if ref.port is not None and ref.projection not in refs.PORTS:
        yield fault(f"{path}.port", "no port", f"{ref.projection} has none; endpoint has")
    if ref.scheme is not None and ref.projection not in ("internalUrl", "hostUrl"):
        yield fault(f"{path}.scheme", "no scheme", f"{ref.projection} is no URL")
    if ref.name is not None and ref.projection != "output":
        yield fault(f"{path}.name", "no name", f"only an output has one, {ref.projection} has not")


def _output(target: Node, ref: Ref, path: str) -> Iterator[ValidationError]:
    if ref.name is None:
        return
    name, *steps = ref.name.split(".")
    if name not in target.outputs:
        yield unknown(f"{path}.name", f"an output of the node {ref.node}", name, target.outputs)
    elif steps and not target.outputs[name].json_:
        yield fault(
            f"{path}.name", "the name of an output", f"a path into it needs json: true in nodes.{ref.node}.outputs.{name}"
        )
    elif not all(steps):
        yield fault(f"{path}.name", "a path of names and numbers, with dots between them")


def _address(node: Node, target: Node, path: str) -> Iterator[ValidationError]:
    for who in (target, node):
        if who.enforcement.no_network or (who.spec.network or "") in ("none",):
            yield fault(f"{path}.projection", "a value without an address", f"{who.name} has no network")
        if who.spec.network is not None and is_built_in(who.spec.network) and not who.spec.networks:
            reason = f"{who.name} is on the engine's own network {who.spec.network}, where there are no names"
            yield fault(f"{path}.projection", "a node on a network of the graph", reason)
    if not _met(node, target):
        yield fault(f"{path}.projection", "a node on the same network", f"{node.name} and {target.name} share none")


def _met(node: Node, target: Node) -> bool:
    """Whether both are on one network. Who has to do with a node of the inner network is on that, too."""
    if not (node.enforcement.egress and target.enforcement.egress):
        return True
    return bool(joined(node.spec) & joined(target.spec))


def joined(spec: WorkloadNode) -> set[str]:
    """The graph's networks that a node asks for, by their keys."""
    found = {one.name for one in spec.networks}
    if spec.network and not is_built_in(spec.network):
        found.add(spec.network)
    return found or (set() if spec.network else {"default"})


def _port(target: WorkloadNode, ref: Ref, path: str) -> Iterator[ValidationError]:
    published = ref.projection in refs.PUBLISHED
    there = refs.ports(target, published_only=published)
    where = f"{path}.port"
    if refs.asked_port(target, ref) is None:
        listed = ", ".join(there[:10]) or "none"
        what = "a published port" if published else "a port"
        reason = f"it has several: {listed}" if there else "it names none"
        error = fault(where, f"{what} of the node {ref.node}", reason)
        error.details["candidates"] = there[:10]
        yield error
    elif published and ref.port not in (None, *there):
        error = fault(where, f"a port that {ref.node} publishes", f"it publishes {', '.join(there[:10]) or 'none'}")
        error.details["candidates"] = there[:10]
        yield error


def _still_there(edge: Edge, ref: Ref, path: str) -> Iterator[ValidationError]:
    if edge.condition in _ENDED:
        reason = f"it is waited for until it has {edge.condition}, and what has ended has none"
        yield fault(f"{path}.projection", f"no address of {ref.node}", reason.replace("has completed", "is over"))


__all__ = ["check_refs", "joined"]
