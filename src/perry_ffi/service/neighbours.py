"""Containers of nobody's concern that have what a plan wants: names, and ports of the host. Looked at when it is made, and before it
is carried out. Only reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.compose.project import Project
    from perry_ffi.model.container import ContainerInfo
    from perry_ffi.model.container_facts import PublishedPort
    from perry_ffi.model.saved_plan import PlannedStep

_BEGINS = ("create container", "start container")
_ALL = ("", "0.0.0.0", "::")


async def in_the_way(backend: Backend, project: Project, steps: Iterable[PlannedStep]) -> list[str]:
    """In words, what other containers of the engine have that ``steps`` want. On a cluster nothing: it has names and ports of its own."""
    from perry_ffi.stack import identity

    begun = [step for step in steps if step.action in _BEGINS]
    if not begun or backend.services is not None:
        return []
    names = {step.target for step in begun if step.action == _BEGINS[0]}
    services = project.to_dict()["services"]
    ports = [port for name in sorted({step.service or "" for step in begun} & services.keys()) for port in _ports(services[name])]
    others = [info for info in await backend.list_containers(all=True) if not identity.is_of(info.labels, project.name)]
    found = [f"the name {info.name} is that of somebody else's container" for info in others if info.name in names]
    return sorted([*found, *(row for info in others for row in _held(info, ports))])


def _ports(tree: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    """The address, number and protocol of each port that is wanted and no other will do for."""
    from perry_ffi.stack.containers.departures import host_ports

    for row in tree.get("ports") or ():
        bounds = host_ports(row)
        if bounds is not None and bounds[0] == bounds[1]:
            yield str(row.get("host_ip") or ""), bounds[0], str(row.get("protocol") or "tcp")


def _held(info: ContainerInfo, wanted: Iterable[tuple[str, int, str]]) -> list[str]:
    """Those that a container has while it runs."""
    if info.status in ("created", "exited", "dead"):
        return []
    held = {
        f"{port.port}/{port.protocol}" for port in info.published for one in wanted if _meet(port, *one)
    }  # An engine may list one for each kind of address.
    return [f"port {port} of the host is held by the container {info.name}" for port in held]


def _meet(port: PublishedPort, address: str, number: int, protocol: str) -> bool:
    if (port.port, port.protocol) != (number, protocol):
        return False
    return port.address in _ALL or address in _ALL or port.address == address.strip("[]")
