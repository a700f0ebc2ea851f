"""``host-gateway`` of podman: its API writes the word into the container's hosts file, so the address is put in before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec

WORD = "host-gateway"
DEFAULT_NETWORK = "podman"
LOOPBACK = "127.0.0.1"


def asks_for_gateway(spec: ContainerSpec) -> bool:
    """Whether one of its hosts is the machine that the container runs on."""
    return any(entry.endswith(f":{WORD}") for entry in spec.extra_hosts)


def networks_to_ask(spec: ContainerSpec) -> list[str]:
    """Networks of the engine by whose gateway the container reaches its host, the likeliest first."""
    own = [item.name for item in spec.networks]
    if spec.network and ":" not in spec.network and spec.network not in ("bridge", "default", "none", "host", *own):
        own.insert(0, spec.network)
    return [*own, DEFAULT_NETWORK]


def with_gateway(spec: ContainerSpec, gateways: Sequence[str]) -> ContainerSpec:
    """The spec with an address in the word's place: the first IPv4 one, on the host's own network its loopback."""
    fourth = [address for address in gateways if ":" not in address]
    address = LOOPBACK if spec.network == "host" else next(iter([*fourth, *gateways]), "")
    if not address:
        return spec
    hosts = [f"{entry.removesuffix(WORD)}{address}" if entry.endswith(f":{WORD}") else entry for entry in spec.extra_hosts]
    return spec.model_copy(update={"extra_hosts": hosts})
