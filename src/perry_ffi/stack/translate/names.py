"""Names that Compose gives: of containers, networks and volumes, and what they are called on a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from perry_ffi.model import values
from perry_ffi.stack import identity
from perry_ffi.stack.translate.document import entries, mapping, project_name, service_of, wrong

Containers = Mapping[str, Sequence[str]]
"""The containers of each service, by number from 1: names or ids."""

Linked = Mapping[tuple[str, str], tuple[str, ...]]
"""What links call a service, by it and the key of a network that it shares with who links it."""


def container_name(project: Mapping[str, Any], service: str, number: int) -> str:
    """``container_name``, else ``<project>-<service>-<number>``."""
    own = given_name(service_of(project, service))
    if own:
        return values.within(f"services.{service}.container_name", values.name, own)
    return values.within(f"services.{service}", values.name, identity.container_name(project_name(project), service, number))


def given_name(service: Mapping[str, Any]) -> str:
    """``container_name``. Engines show names with a slash before them, and take them so."""
    return str(service.get("container_name") or "").removeprefix("/")


def containers_of(project: Mapping[str, Any], service: str, containers: Containers | None) -> list[str]:
    """The containers of ``service``: those that are given, else the first by its default name."""
    if containers is not None and containers.get(service):
        return list(containers[service])
    return [container_name(project, service, 1)]


def object_name(project: Mapping[str, Any], kind: str, key: str) -> str:
    """The engine's name of the network or volume ``key``: its ``name``, else ``<project>_<key>`` (external: the key)."""
    declared = mapping(project.get(kind), kind)
    if key not in declared:
        wrong(f"{kind}.{key}", f"a declaration under {kind}")
    entry = mapping(declared[key], f"{kind}.{key}")
    name = entry.get("name") or (key if entry.get("external") else f"{project_name(project)}_{key}")
    return values.within(f"{kind}.{key}.name", values.network_name if kind == "networks" else values.name, name)


def default_aliases(project: Mapping[str, Any], service: str, name: str) -> list[str]:
    """What every replica is called on each of its networks: its container's name and its service's name."""
    service_of(project, service)
    return list(dict.fromkeys((name, service)))


def linked_as(project: Mapping[str, Any]) -> Linked:
    """The aliases that ``links`` of others give to each service. One look at the project is enough for all its containers."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for other, document in mapping(project.get("services"), "services").items():
        peer = mapping(document, f"services.{other}")
        networks = mapping(peer.get("networks"), f"services.{other}.networks")
        for target, _, alias in (str(item).partition(":") for item in entries(peer.get("links"), f"services.{other}.links")):
            if alias and alias != target and other != target:
                for network in networks:
                    found.setdefault((target, network), {})[alias] = None
    return {place: tuple(aliases) for place, aliases in found.items()}
