"""How many addresses services need on their networks, and how many there are. Pure.

An engine gives what has no address left none, and says nothing of it: tasks stay as they are, or a node refuses them later. Every task
takes one, every service that has an address for all its tasks, and every node on which tasks of the network are.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perry_ffi.errors import ValidationError
from perry_ffi.stack import identity
from perry_ffi.stack.cluster import policies
from perry_ffi.stack.cluster.attach import HOST
from perry_ffi.stack.subnets import pools

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import ClusterObject
    from perry_ffi.stack.cluster.observe import ClusterObserved
    from perry_ffi.stack.cluster.wanted import Wanted, WantedService
    from perry_ffi.stack.desired import Definition

DEFAULT_ADDRESSES = 256
"""Of a network whose file gives it no subnet."""
OWN_ADDRESSES = 3
"""Of each subnet: its own, the last one, and the gateway's."""
MANY_NODES = 64
"""Where a network has room for so many beside its tasks, nobody counts the machines."""


@dataclass
class _Need:
    """What is on one network. anywhere: whether its tasks may be on any node. beside: tasks that run beside those that they replace."""

    definition: Definition
    key: str
    tasks: int = 0
    beside: int = 0
    services: int = 0
    anywhere: bool = False
    names: list[str] = field(default_factory=list)

    def add(self, service: WantedService, nodes: int, *, changed: bool) -> None:
        where, tree = f"services.{service.key}", service.service.tree
        tasks = nodes if service.replicas is None else service.replicas
        self.tasks += tasks
        self.services += policies.endpoint(tree, where) == "vip"
        self.anywhere |= bool(tasks) and not policies.placement(tree, where, ()).constraints
        self.names.append(service.key)
        rollout = service.service.rollout
        if changed and rollout is not None and rollout.beside:
            self.beside += min(tasks, rollout.at_once or tasks)

    def nodes(self, nodes: int) -> int:
        """On how many of them its tasks are, at least."""
        return min(nodes, self.tasks) if self.anywhere else min(1, self.tasks)

    def addresses(self, nodes: int) -> int:
        return self.tasks + self.beside + self.services + self.nodes(nodes)


def counts_nodes(wanted: Wanted) -> bool:
    """Whether the number of machines decides how many tasks or addresses are needed, or whether there is room for them."""
    needs = _needs(wanted, None, 1, ())
    everywhere = any(service.replicas is None or _is_bounded(service) for service in wanted.services.values())
    return everywhere or any(need.addresses(MANY_NODES) > _room(need.definition, None) for need in needs.values())


def _is_bounded(service: WantedService) -> bool:
    """Whether successors may find no node."""
    rollout, where = service.service.rollout, f"services.{service.key}"
    return rollout is not None and rollout.beside and policies.placement(service.service.tree, where, ()).max_per_node > 0


def refuse_crowds(
    wanted: Wanted, observed: ClusterObserved, networks: Mapping[str, ClusterObject], changed: Container[str]
) -> None:
    """Raises ValidationError for the first network that has too few addresses. networks: those that are there, by name. changed: the
    services whose tasks are replaced.
    """
    nodes = observed.nodes or 1
    for name, need in _needs(wanted, observed, nodes, changed).items():
        there, needed = networks.get(name), need.addresses(nodes)
        room = _room(need.definition, there)
        if needed > room:
            raise ValidationError(
                f"networks.{need.key}: {needed} addresses are needed ({_parts(need, nodes)}), and the network {name} has {room}",
                path=f"networks.{need.key}", expected=f"at most {room} tasks, services and nodes, or a larger subnet", network=name,
                tasks=need.tasks, needed=needed, addresses=room, remedy=_remedy(need, needed),
            )  # fmt: skip


def _needs(wanted: Wanted, observed: ClusterObserved | None, nodes: int, changed: Container[str]) -> dict[str, _Need]:
    found: dict[str, _Need] = {}
    for service in wanted.services.values():
        for key, row in service.networks.items():
            if row.name == HOST:
                continue
            need = found.setdefault(row.name, _Need(row, key))
            need.add(service, nodes, changed=service.key in changed)
    if observed is not None:
        _add_others(found, wanted, observed)
    return found


def _add_others(needs: Mapping[str, _Need], wanted: Wanted, observed: ClusterObserved) -> None:
    """Services of the project that nobody asked for now."""
    names = {row.id: row.name for row in observed.of_kind("network")}
    for key, state in observed.services.items():
        if key in wanted.services:
            continue
        for ident in state.labels.get(identity.CLUSTER_NETWORKS, "").split(","):
            if (need := needs.get(names.get(ident, ""))) is not None:
                need.tasks += state.wanted
                need.names.append(key)


def _room(definition: Definition, there: ClusterObject | None) -> int:
    told = pools(there.subnets if there and there.subnets else ())
    subnets = [pool for pool in told or definition.subnets if pool.version == 4]
    if not subnets:
        return DEFAULT_ADDRESSES - OWN_ADDRESSES
    return sum(max(0, pool.num_addresses - OWN_ADDRESSES) for pool in subnets)


def _parts(need: _Need, nodes: int) -> str:
    parts = [f"{need.tasks} tasks of {', '.join(need.names)}"]
    parts += [f"{need.beside} beside those that they replace"] if need.beside else []
    parts += [f"{need.services} services with an address of their own"] if need.services else []
    return ", ".join([*parts, f"{need.nodes(nodes)} nodes"])


def _remedy(need: _Need, needed: int) -> str:
    bits = 32 - (needed + OWN_ADDRESSES - 1).bit_length()
    if need.definition.external:
        return f"make the network {need.definition.name} with a larger subnet, a /{bits} at least"
    return f"write networks.{need.key}.ipam.config with a subnet that is large enough, a /{bits} at least"


__all__ = ["counts_nodes", "refuse_crowds"]
