"""What of a graph an engine will not honour: told, or raised, before anything is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from perry_ffi.backends.rules.evaluation import Evaluator, Shortfall, refusal
from perry_ffi.backends.rules.service import SERVICE
from perry_ffi.errors import ContainerError, Unsupported, one_line
from perry_ffi.model.workload_values import Text
from perry_ffi.sandbox.seccomp import strict as profile_for
from perry_ffi.stack import identity
from perry_ffi.stack.check import named
from perry_ffi.workload import refs
from perry_ffi.workload.container import Values, container_spec
from perry_ffi.workload.images import at_node

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.sandbox_records import SandboxHost
    from perry_ffi.model.service import ServiceSpec
    from perry_ffi.model.workload_values import Value
    from perry_ffi.stack.context import StackContext
    from perry_ffi.workload.graph import Graph, Node
    from perry_ffi.workload.isolation import Isolation
    from perry_ffi.workload.placement import Placement

_UNKNOWN = "unknown"
"""In the place of what is only known when other nodes have run."""
_WORDS = {
    "environment": "env", "command": "cmd", "working_dir": "workdir", "mem_limit": "memory", "stop_grace_period": "stop_timeout",
    "network_mode": "network", "container_name": "name",
}  # fmt: skip
"""Members of a Compose service, by which the rules know them, as a node has them."""


async def refuse(
    context: StackContext, graph: Graph, placement: Placement, isolation: Mapping[str, Isolation], host: SandboxHost | None, *,
    strict: bool,
) -> None:  # fmt: skip
    """Warns by name of what is left out of the nodes, and tries each of them on the engine's own rules.

    strict: whether a warning is an error. Raises what creating one of the containers would raise before the engine is asked.
    """
    honoured = Honoured(context.backend, graph, placement, host)
    found: list[Shortfall] = []
    refused: ContainerError | None = None
    for node in graph.nodes.values():
        own, error = await honoured.of(node, isolation[node.name])
        found += own
        refused = refused or error
    if strict and found:
        raise refusal(found[0])
    for warning in found:
        context.bus.tell("warning", code="unsupported", message=one_line(str(warning)), member=warning.member)
    for name, chosen in isolation.items():
        if chosen.shared:
            message = f"nodes.{name}.policy: it shares the host's kernel, for that is allowed here and no other is to be had"
            context.bus.tell("warning", code="sharedKernel", message=message, node=name)
    if refused is not None:
        raise refused


class Honoured:
    """What an engine honours of the nodes of a graph. host: what it isolates with, if it tells."""

    def __init__(self, backend: Backend, graph: Graph, placement: Placement, host: SandboxHost | None) -> None:
        self._backend = backend
        self._graph = graph
        self._placement = placement
        self._host = host
        self._members = Evaluator(SERVICE, backend.capabilities, backend.name)

    async def of(self, node: Node, isolation: Isolation) -> tuple[list[Shortfall], ContainerError | None]:
        """What of a node is left out, and why it is refused, if it is. Asks the engine nothing."""
        found: list[Shortfall] = []
        try:
            _refuse_no_profile(node, isolation, self._host, self._backend)
            spec = _spec(self._graph, node, self._placement, isolation, self._host)
            found = [_spelled(one, node) for one in self._members.warnings(spec, f"nodes.{node.name}")]
            with named(f"nodes.{node.name}"):
                await self._backend.check_container(spec)
        except ContainerError as error:
            return found, at_node(error, node.name)
        return found, None


def _spec(graph: Graph, node: Node, placement: Placement, isolation: Isolation, host: SandboxHost | None) -> ServiceSpec:
    spec = node.spec

    def words(given: list[Value] | None) -> list[str] | None:
        return None if given is None else [_text(graph, value) for value in given]

    env = {name: _text(graph, value) for name, value in spec.env.items()}
    return container_spec(
        node, name=identity.container_name(graph.name, node.name, 1), image=spec.image or "", mounts=placement.mounts(node), labels={},
        values=Values(env, words(spec.cmd), words(spec.entrypoint)), place=placement.of[node.name], isolation=isolation,
        architecture=host.architecture if host else "",
    )  # fmt: skip


def _text(graph: Graph, value: Value) -> str:
    found = refs.static(graph, value)
    return "".join(part if isinstance(part, str) else _UNKNOWN for part in found.parts) if isinstance(found, Text) else found


def _refuse_no_profile(node: Node, isolation: Isolation, host: SandboxHost | None, backend: Backend) -> None:
    if not node.enforcement.seccomp or isolation.level != "container":
        return
    reason = host.lacks.get("seccomp") if host else "it does not tell what its machine can"
    if host and not reason and profile_for(host.architecture) is None:
        reason = f"there is no profile for its machine ({host.architecture or 'unknown'})"
    if reason:
        path = f"nodes.{node.name}.policy"
        raise Unsupported(
            f"{path}: {backend.name} cannot honour its seccomp profile: {reason}", member=path, path=path, node=node.name,
            backend=backend.name, reason=reason, remedy="take another tier for it",
        )  # fmt: skip


def _spelled(shortfall: Shortfall, node: Node) -> Shortfall:
    """By the node's own words."""
    prefix = f"nodes.{node.name}."
    member = shortfall.member.removeprefix(prefix)
    first = member.partition(".")[0].partition("[")[0]
    if first not in _WORDS:
        return shortfall
    return Shortfall(prefix + _WORDS[first] + member.removeprefix(first), shortfall.backend, shortfall.reason)
