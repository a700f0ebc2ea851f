"""The ports of a container, from the three ways in which engines describe them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from perry_ffi.backends.engine_api.responses.fields import listing, mapping
from perry_ffi.model.container_facts import PublishedPort


class Port(NamedTuple):
    """One port of a container. address, published: on the engine's machine; 0 of one that is not published."""

    address: str
    published: int
    target: int
    protocol: str


def listed_ports(ports: list[Mapping[str, Any]]) -> list[Port]:
    """Those of an entry of ``GET /containers/json``."""
    return [Port(item.get("IP") or "", item.get("PublicPort") or 0, item["PrivatePort"], item["Type"]) for item in ports]


def inspected_ports(ports: Mapping[str, Any]) -> list[Port]:
    """Those of ``NetworkSettings.Ports`` in ``GET /containers/{id}/json``."""
    found = []
    for text, bindings in ports.items():
        target, _, protocol = text.partition("/")
        rows = listing(bindings) or [{}]
        found += [Port(row.get("HostIp") or "", int(row.get("HostPort") or 0), int(target), protocol) for row in rows]
    return found


def ranged_ports(ports: list[Any]) -> list[Port]:
    """Those of an entry of podman's own list, which has ports that follow each other as one."""
    return [
        Port(port.get("host_ip") or "", port["host_port"] + offset, port["container_port"] + offset, protocol)
        for port in map(mapping, ports)
        for protocol in str(port.get("protocol") or "tcp").split(",")
        for offset in range(port.get("range") or 1)
    ]


def port_lines(ports: Iterable[Port], more: Iterable[str] = ()) -> list[str]:
    """As programs are told them, each once: ``0.0.0.0:8080->80/tcp``, or ``80/tcp`` of one that is not published."""
    return sorted({*map(_line, ports), *more}, key=_order)


def published_ports(ports: Iterable[Port]) -> list[PublishedPort]:
    """Those that are published, each once."""
    return list({PublishedPort(port.address, port.published, port.protocol): None for port in ports if port.published})


def _line(port: Port) -> str:
    target = f"{port.target}/{port.protocol}"
    if not port.published:
        return target
    host = f"[{port.address}]" if ":" in port.address else port.address or "0.0.0.0"
    return f"{host}:{port.published}->{target}"


def _order(line: str) -> tuple[int, str]:
    target = line.rpartition("->")[2].partition("/")[0]
    return int(target), line
