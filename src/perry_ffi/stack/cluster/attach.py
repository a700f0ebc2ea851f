"""Which networks the tasks of a service are on, as what, and which of their ports are published. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from perry_ffi.backends.contract.service_definition import NetworkUse, PortUse
from perry_ffi.errors import Unsupported
from perry_ffi.stack.translate.document import entries, wrong
from perry_ffi.stack.translate.networking import ports

if TYPE_CHECKING:
    from perry_ffi.model.service import ServiceSpec

HOST = "host"


def network_uses(whole: ServiceSpec, name: str, networks: Mapping[str, str]) -> tuple[NetworkUse, ...]:
    """One for each network. name: of the service in the cluster, which it has everywhere without being given it. networks: ids by
    key in the file. A host name is a name there, too, as on one machine. The nodes' own network has no names.
    """
    if whole.network == HOST:
        return (NetworkUse(HOST),)
    found = []
    for item in whole.networks:
        ident = networks.get(getattr(item, "key", ""), item.name)
        if ident == HOST:
            found.append(NetworkUse(HOST))
            continue
        aliases = dict.fromkeys((*item.aliases, *getattr(item, "linked_as", ()), whole.hostname or name))
        aliases.pop(name, None)
        found.append(NetworkUse(ident, tuple(aliases), dict(item.driver_opts)))
    return tuple(found)


def port_uses(tree: Mapping[str, Any], where: str, *, endpoint: str) -> tuple[PortUse, ...]:
    """Its published ports, each on its own; none for a service on the host's network, which has the host's.

    Raises Unsupported for what is published on every node by an address that the service has not, ValidationError with the path
    inside the project.
    """
    if tree.get("network_mode") == HOST:
        return ()
    found: dict[PortUse, None] = {}
    for index, item in enumerate(entries(tree.get("ports"), f"{where}.ports")):
        mode = _mode(item, f"{where}.ports[{index}].mode")
        rows = ports({"ports": [item]}, where)
        if rows and mode == "ingress" and endpoint == "dnsrr":
            raise Unsupported(
                f"{where}.ports[{index}].mode: a service without an address of its own (endpoint_mode dnsrr) publishes no port on "
                "every node",
                path=f"{where}.ports[{index}].mode", member=f"{where}.ports[{index}].mode",
                remedy="write mode: host for the port, or leave out endpoint_mode",
            )  # fmt: skip
        for row in rows:
            found[PortUse(row.target, int(row.published or 0), row.protocol, mode)] = None
    return tuple(found)


def _mode(port: Any, where: str) -> Literal["ingress", "host"]:
    written = (port.get("mode") if isinstance(port, Mapping) else None) or "ingress"
    if written not in ("ingress", "host"):
        wrong(where, "ingress or host")
    return "host" if written == "host" else "ingress"


__all__ = ["HOST", "network_uses", "port_uses"]
