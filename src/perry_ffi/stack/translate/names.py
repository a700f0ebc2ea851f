"""Names that Compose gives: of containers, networks and volumes, and what they are called on a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from perry_ffi.model import values
from perry_ffi.stack.translate.document import mapping, project_name, service_of, wrong

Containers = Mapping[str, Sequence[str]]
"""The containers of each service, by number from 1: names or ids."""


def container_name(project: Mapping[str, Any], service: str, number: int) -> str:
    """``container_name``, else ``<project>-<service>-<number>``."""
    own = service_of(project, service).get("container_name")
    if own:
        return values.within(f"services.{service}.container_name", values.name, own)
    return values.within(f"services.{service}", values.name, f"{project_name(project)}-{service}-{number}")


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
    return values.within(f"{kind}.{key}.name", values.name, name)


def default_aliases(project: Mapping[str, Any], service: str, name: str) -> list[str]:
    """What every replica is called on each of its networks: its container's name and its service's name."""
    service_of(project, service)
    return list(dict.fromkeys((name, service)))


def linked_as(project: Mapping[str, Any], service: str, network: str) -> list[str]:
    """The aliases that ``links`` of other services on ``network`` (a key) give to ``service``."""
    found: list[str] = []
    for other, document in mapping(project.get("services"), "services").items():
        peer = mapping(document, f"services.{other}")
        if other != service and network in mapping(peer.get("networks"), f"services.{other}.networks"):
            pairs = (str(item).partition(":") for item in peer.get("links") or [])
            found += [alias for target, _, alias in pairs if target == service and alias and alias != service]
    return list(dict.fromkeys(found))
