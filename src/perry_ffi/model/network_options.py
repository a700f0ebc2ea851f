"""Options of docker's bridge driver: which of them say what every engine does, and which keep somebody out."""

from __future__ import annotations

from enum import Enum

PODMAN = frozenset({"mtu", "com.docker.network.driver.mtu", "com.docker.network.bridge.name", "parent", "mode"})
"""What podman's API takes (the last two for macvlan and ipvlan)."""
_BRIDGE = "com.docker.network.bridge."
_SWITCHES = (f"{_BRIDGE}enable_icc", f"{_BRIDGE}enable_ip_masquerade")
_ADDRESS = f"{_BRIDGE}host_binding_ipv4"
_MODES = (f"{_BRIDGE}gateway_mode_ipv4", f"{_BRIDGE}gateway_mode_ipv6")
_ON = ("", "1", "t", "true")
_EVERYWHERE = ("", "0.0.0.0")
_OPEN_MODES = ("", "nat")


class Kind(Enum):
    """What leaving an option out changes: nothing, who can reach whom, or something else."""

    DEFAULT = "default"
    ISOLATION = "isolation"
    OTHER = "other"


def kind(name: str, value: str) -> Kind:
    """Of a bridge's option; ``encrypted`` is an overlay's."""
    open_values = _ON if name in _SWITCHES else _EVERYWHERE if name == _ADDRESS else _OPEN_MODES if name in _MODES else None
    if open_values is None:
        return Kind.ISOLATION if name == "encrypted" else Kind.OTHER
    return Kind.DEFAULT if value.lower() in open_values else Kind.ISOLATION
