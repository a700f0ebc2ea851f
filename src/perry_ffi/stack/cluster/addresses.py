"""Whether the networks of a project have an address for each of its tasks: a task without one waits for ever, and says nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import Unsupported
from perry_ffi.stack.cluster.policies import endpoint, replicas
from perry_ffi.stack.subnets import pools
from perry_ffi.stack.translate.document import mapping, service_of

if TYPE_CHECKING:
    from perry_ffi.stack.desired import Service

USUAL_PREFIX = 24
"""Of a network that no subnet is written for."""
_TAKEN = 3
"""The network's own address, its gateway's, and that of all."""
_NOTHING: Mapping[str, Sequence[str]] = {}


def refuse_crowded(
    document: Mapping[str, Any], services: Iterable[Service], *, nodes: int, subnets: Mapping[str, Sequence[str]] = _NOTHING
) -> None:
    """Raises Unsupported for a network of the project that has fewer addresses than ``services`` take of it.

    An address goes to each task, to each service that has one for all its tasks, and to each of ``nodes``. subnets: those of networks
    that are there, by key in the file; of any other what the file says, or a /24.
    """
    taken: dict[str, int] = {}
    for service in services:
        where, tree = f"services.{service.name}", service_of(document, service.name)
        wanted = replicas(service, where)
        own = 1 if endpoint(tree, where) == "vip" else 0
        for key in mapping(tree.get("networks"), f"{where}.networks"):
            taken[key] = taken.get(key, nodes) + (nodes if wanted is None else wanted) + own
    for key, needed in taken.items():
        room = _room(subnets.get(key) or _written(document, key))
        if needed > room:
            raise Unsupported(
                f"networks.{key}: it has {room} addresses, and the project's tasks take {needed}: those without one would wait for ever",
                path=f"networks.{key}", member=f"networks.{key}.ipam.config.subnet", addresses=room, needed=needed,
                remedy=f"write ipam.config.subnet for it, of a size such as /{_prefix(needed)}",
            )  # fmt: skip


def _written(document: Mapping[str, Any], key: str) -> list[str]:
    network = mapping(mapping(document.get("networks"), "networks").get(key), f"networks.{key}")
    rows = mapping(network.get("ipam"), f"networks.{key}.ipam").get("config") or []
    return [str(row["subnet"]) for row in rows if (row or {}).get("subnet")]


def _room(subnets: Sequence[str]) -> int:
    """Tasks have an address of each family: those of the old one are what may be few."""
    sizes = [pool.num_addresses for pool in pools(subnets) if pool.version == 4]
    return max(0, sum(size - _TAKEN for size in sizes) if sizes else 2 ** (32 - USUAL_PREFIX) - _TAKEN)


def _prefix(needed: int) -> int:
    """Of a subnet that has room for twice as many, for a change may have old and new tasks at once."""
    return 32 - (2 * needed + _TAKEN).bit_length()


__all__ = ["refuse_crowded"]
