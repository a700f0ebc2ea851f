"""What a container and its successor cannot both have while both run: named before anything is touched. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from perry_ffi.advice import Advice, Option
from perry_ffi.errors import Conflict, ValidationError
from perry_ffi.stack.containers.departures import host_ports
from perry_ffi.stack.containers.divergence import Decisions, Place
from perry_ffi.stack.containers.network_remaking import Outgoing, users
from perry_ffi.stack.desired import Desired, Service
from perry_ffi.stack.edges import shared_namespaces
from perry_ffi.stack.observed import Replica
from perry_ffi.stack.options import Up
from perry_ffi.stack.rollout_policy import STOP_FIRST

_STATIC = ("ipv4_address", "ipv6_address", "link_local_ips", "mac_address")
"""Members of a service's network that one container has at a time."""


@dataclass(frozen=True)
class Obstacle:
    """path: in the file. why: what cannot be two at once."""

    service: str
    path: str
    why: str


def refuse_overlap(desired: Desired, options: Up, decided: Decisions, going: Mapping[str, Outgoing]) -> None:
    """Raises ValidationError where a successor is to run beside its predecessor and cannot; with all that is in the way.

    going: the networks that go.
    """
    found = [
        obstacle
        for name, service in desired.services.items()
        if (places := [place for place in decided.places.get(name, ()) if place.beside])
        for obstacle in _obstacles(desired, options, service, places, going)
    ]
    if not found:
        return
    first = found[0]
    policy = desired.services[first.service].rollout
    stop_first = f"set services.{first.service}.deploy.update_config.order: {STOP_FIRST}"
    by_option = options.rolling and not (policy and policy.said)
    raise ValidationError(
        f"{first.path}: {first.why}, and the successor would start before its predecessor stops",
        path=first.path, service=first.service, expected="what two containers can have at once",
        remedy=Advice("{}, or leave {} out", stop_first, Option("rolling")) if by_option else stop_first,
        obstacles=[{"service": one.service, "path": one.path, "reason": one.why} for one in found],
    )  # fmt: skip


def too_early(row: Replica) -> Conflict:
    """The error where something else of the project wants what a container has that serves until its successor does."""
    return Conflict(
        f"services.{row.service}: another service wants a port or an address of {row.name}, which serves until its successor does",
        service=row.service, container=row.name, remedy=f"bring {row.service} up first, by itself",
    )  # fmt: skip


def _obstacles(
    desired: Desired, options: Up, service: Service, places: list[Place], going: Mapping[str, Outgoing]
) -> Iterator[Obstacle]:
    where = f"services.{service.name}"
    if service.container_name:
        yield Obstacle(service.name, f"{where}.container_name", f"two containers cannot both be called {service.container_name}")
    for path, why in (
        *_ports(service.tree, max(place.number for place in places)),
        *_addresses(service.tree),
        *_namespaces(service.tree),
    ):
        yield Obstacle(service.name, f"{where}.{path}", why)
    for other in desired.services.values():
        for path, why in _tied(other, service.name):
            yield Obstacle(service.name, f"services.{other.name}.{path}", why)
    rows = [place.row for place in places if place.row is not None]
    for path, why in _volumes(desired, options, service, rows):
        yield Obstacle(service.name, f"{where}.{path}", why)
    for one in dict.fromkeys(one.key for row in rows for one in users(going, row)):
        yield Obstacle(
            service.name, f"networks.{one}", f"the network has to go, with {rows[0].name} off it, before its new one is made"
        )


def _ports(tree: Mapping[str, Any], last: int) -> Iterator[tuple[str, str]]:
    """last: the highest number of a successor, which a range of ports has to reach."""
    for index, port in enumerate(tree.get("ports") or []):
        if bounds := host_ports(port):
            first, end = bounds
            if first == end:
                yield f"ports[{index}].published", f"port {first} of the host cannot be held by two containers at once"
            elif end - first + 1 < last:
                yield f"ports[{index}].published", f"{first}-{end} has no port of the host for container {last}"


def _addresses(tree: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if tree.get("mac_address"):
        yield "mac_address", f"{tree['mac_address']} cannot be the address of two containers at once"
    for key, row in (tree.get("networks") or {}).items():
        for member in _STATIC:
            if given := (row or {}).get(member):
                shown = ", ".join(given) if isinstance(given, list) else given
                yield f"networks.{key}.{member}", f"{shown} cannot be the address of two containers at once"


def _namespaces(tree: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    mode = str(tree.get("network_mode") or "")
    if mode == "host" or mode.startswith(("service:", "container:")):
        yield "network_mode", f"with {mode} both would listen on the same ports"


def _tied(other: Service, name: str) -> Iterator[tuple[str, str]]:
    """What ties the containers of another service to the very container that they were created with."""
    tree = other.tree
    if name in shared_namespaces(tree):
        members = (member for member in ("network_mode", "ipc", "pid") if tree.get(member) == f"service:{name}")
        yield next(members), f"containers of {other.name} live in the namespaces of one container of {name}"
    for member in ("volumes_from", "links"):
        for index, row in enumerate(tree.get(member) or []):
            if str(row).split(":")[0] == name:
                yield f"{member}[{index}]", f"containers of {other.name} are tied to one container of {name}, by its name"


def _volumes(desired: Desired, options: Up, service: Service, rows: list[Replica]) -> Iterator[tuple[str, str]]:
    """Volumes that go from a container to its successor; and, where only an option asks for it, those that both would write."""
    if not options.renew_volumes:
        for place in dict.fromkeys(place for row in rows for place in row.anonymous):
            yield "volumes", f"the unnamed volume at {place} goes on with the successor, and both would have it"
    if service.rollout is None or service.rollout.said or service.replicas > 1:
        return
    for index, mount in enumerate(service.tree.get("volumes") or []):
        if mount.get("type") == "volume" and mount.get("source") and not mount.get("read_only"):
            yield (
                f"volumes[{index}]",
                f"both would write the volume {mount['source']} (order: start-first in the file says that they may)",
            )
