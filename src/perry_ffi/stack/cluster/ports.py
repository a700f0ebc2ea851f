"""Ports of every node that two services publish, named before anything is touched. Pure.

A port of ``mode: ingress`` is one service's on the whole cluster, and no other's of ``mode: host`` either. Of the latter any number may
name the same: each node has room for one task of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import Conflict, ContainerError, ValidationError
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.attach import port_uses
from perry_ffi.stack.translate.document import entries, service_of

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_definition import PortUse
    from perry_ffi.backends.contract.service_records import ServiceState


def publishes(document: Mapping[str, Any], services: Iterable[str]) -> bool:
    """Whether some of these services publish a port, so that it matters what others do."""
    return any(service_of(document, name).get("ports") for name in services)


def refuse_taken(
    document: Mapping[str, Any],
    made: Mapping[str, Sequence[PortUse]],
    there: Iterable[ServiceState],
    own: Mapping[str, ServiceState],
) -> None:
    """Raises ValidationError for a port that two services of the file publish, with both paths, and Conflict for one that a service
    of the cluster has, with that one's name and project.

    made: the ports of the services that are made or changed. there: all services of the cluster. own: the project's, by their names
    in the file.
    """
    names = {state.id: key for key, state in own.items()}
    holders = _Holders()
    for state in there:
        if names.get(state.id) not in made:
            holders.add(state, state.published)
    for key, ports in made.items():
        for port in ports:
            holder = holders.beside(port)
            if isinstance(holder, str):
                raise _of_the_file(document, key, holder, port)
            if holder is not None:
                known = names.get(holder.id, "")
                raise (
                    _of_the_file(document, key, known, port)
                    if _path(document, known, port)
                    else _of_another(document, key, holder, port)
                )
        holders.add(key, ports)


class _Holders:
    """Who publishes what: services of the cluster, and by their names those that are made."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], dict[str, ServiceState | str]] = {}

    def add(self, holder: ServiceState | str, ports: Iterable[PortUse]) -> None:
        for port in ports:
            self._found.setdefault((port.published, port.protocol), {}).setdefault(port.mode, holder)

    def beside(self, port: PortUse) -> ServiceState | str | None:
        """One beside whom ``port`` cannot be published."""
        by_mode = self._found.get((port.published, port.protocol)) if port.published else None
        return None if not by_mode else by_mode.get("ingress") or (by_mode.get("host") if port.mode == "ingress" else None)


def _of_the_file(document: Mapping[str, Any], service: str, other: str, port: PortUse) -> ValidationError:
    paths = [_where(document, name, port) for name in (other, service)]
    return ValidationError(
        f"{paths[1]}: {paths[0]} publishes {_shown(port)} on every node already, and the cluster gives a port to one service",
        path=paths[1], other=paths[0], paths=paths, service=service, port=_shown(port),
        expected="a port that no other service publishes", remedy="publish one of them on another port, or leave that to the cluster",
    )  # fmt: skip


def _of_another(document: Mapping[str, Any], service: str, state: ServiceState, port: PortUse) -> Conflict:
    path, project = _where(document, service, port), state.labels.get(identity.PROJECT, "")
    whose = f" of the project {project}" if project else ""
    return Conflict(
        f"{path}: the service {state.name}{whose} publishes {_shown(port)} on the cluster already",
        path=path, service=service, port=_shown(port), mode=port.mode, heldBy=state.name, project=project or None,
        remedy=f"publish another port, or take it from {state.name} first",
    )  # fmt: skip


def _where(document: Mapping[str, Any], service: str, port: PortUse) -> str:
    return _path(document, service, port) or f"services.{service}.ports"


def _path(document: Mapping[str, Any], service: str, port: PortUse) -> str | None:
    """Where the file has a service publish the number and protocol of ``port``."""
    for path, use in _written(document, service):
        if (use.published, use.protocol) == (port.published, port.protocol):
            return path
    return None


def _written(document: Mapping[str, Any], service: str) -> Iterator[tuple[str, PortUse]]:
    where = f"services.{service}"
    try:
        tree = service_of(document, service)
        for index, item in enumerate(entries(tree.get("ports"), f"{where}.ports")):
            for use in port_uses({"ports": [item]}, where, endpoint="vip"):
                yield f"{where}.ports[{index}]", use
    except ContainerError:
        return  # Of a service that nobody asked for: it is told by its name alone.


def _shown(port: PortUse) -> str:
    return f"{port.published}/{port.protocol}"


__all__ = ["publishes", "refuse_taken"]
