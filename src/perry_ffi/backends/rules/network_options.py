"""Options of networks: how each engine calls them, which say what every engine does, and which keep somebody out."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

_MTU = "com.docker.network.driver.mtu"
PODMAN = frozenset({"mtu", _MTU, "com.docker.network.bridge.name", "parent", "mode", "macvlan_mode", "ipvlan_mode"})
"""What podman has (the last four for macvlan and ipvlan), by its own words and docker's."""
_WORDS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "docker": {"bridge": {"mtu": _MTU}, "macvlan": {"mode": "macvlan_mode"}, "ipvlan": {"mode": "ipvlan_mode"}},
    "podman": {
        "macvlan": {_MTU: "mtu", "macvlan_mode": "mode"},
        "ipvlan": {_MTU: "mtu", "ipvlan_mode": "mode"},
    },
}
"""By engine and driver, its word for the other's: docker drops what it does not know, podman refuses it."""
_BRIDGE = "com.docker.network.bridge."
_SWITCHES = (f"{_BRIDGE}enable_icc", f"{_BRIDGE}enable_ip_masquerade")
_ADDRESS = f"{_BRIDGE}host_binding_ipv4"
_MODES = (f"{_BRIDGE}gateway_mode_ipv4", f"{_BRIDGE}gateway_mode_ipv6")
_ON = ("", "1", "t", "true")
_EVERYWHERE = ("", "0.0.0.0")
_OPEN_MODES = ("", "nat")


def is_gateway_mode(name: str, value: str) -> bool:
    """Whether an option asks for another gateway than the usual one, which docker has from 27 on."""
    return name in _MODES and value.lower() not in _OPEN_MODES


class Kind(Enum):
    """What leaving an option out changes: nothing, who can reach whom, or something else."""

    DEFAULT = "default"
    ISOLATION = "isolation"
    OTHER = "other"


def in_words_of(engine: str, driver: str, options: Mapping[str, str]) -> dict[str, str]:
    """``options`` as the engine calls them; where both words are there its own holds."""
    words = _WORDS[engine].get(driver, {})
    return {
        words.get(name, name): value
        for name, value in options.items()
        if words.get(name, name) == name or words[name] not in options
    }


def kind(name: str, value: str) -> Kind:
    """Of a bridge's option; ``encrypted`` is an overlay's."""
    open_values = _ON if name in _SWITCHES else _EVERYWHERE if name == _ADDRESS else _OPEN_MODES if name in _MODES else None
    if open_values is None:
        return Kind.ISOLATION if name == "encrypted" else Kind.OTHER
    return Kind.DEFAULT if value.lower() in open_values else Kind.ISOLATION
