"""Which members of a NetworkSpec an engine may lack, and which names of networks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.rules import network_options
from perry_ffi.backends.rules.labels import LABELS, SMALL_LABELS
from perry_ffi.backends.rules.member import Knows, Member, Members, Use, Valued, below
from perry_ffi.backends.rules.network_options import Kind
from perry_ffi.model.network_values import Ipam
from perry_ffi.model.values import is_plain_network_name

if TYPE_CHECKING:
    from perry_ffi.model.network import NetworkSpec

_OPTION = "driver_opts."
PREFIX = "NetworkSpec"


def _flag(member: str, used: Any, unused: Any) -> Member[NetworkSpec]:
    """A member that is ``used`` or not."""
    return Member(
        lambda spec: [member] if getattr(spec, member) is used else [],
        lambda spec: spec.model_copy(update={member: unused}),
    )


def _ipam(spec: NetworkSpec, **changes: Any) -> NetworkSpec:
    return spec.model_copy(update={"ipam": replace(spec.ipam or Ipam(), **changes)})


def _reserved(spec: NetworkSpec) -> list[str]:
    return ["ipam.aux_addresses"] if spec.ipam and any(pool.aux_addresses for pool in spec.ipam.config) else []


def _without_reserved(spec: NetworkSpec) -> NetworkSpec:
    pools = spec.ipam.config if spec.ipam else ()
    return _ipam(spec, config=tuple(replace(pool, aux_addresses={}) for pool in pools))


def _options(known: Knows) -> Member[NetworkSpec]:
    """Options that the engine's drivers lack, and whose absence can be told."""

    def found(spec: NetworkSpec) -> list[str]:
        foreign = {name: text for name, text in spec.driver_opts.items() if name not in known}
        return [_OPTION + name for name, text in foreign.items() if network_options.kind(name, text) is not Kind.DEFAULT]

    def without(spec: NetworkSpec) -> NetworkSpec:
        return spec.model_copy(update={"driver_opts": {name: text for name, text in spec.driver_opts.items() if name in known}})

    return Member(found, without, _is_isolating)


def _is_isolating(spec: NetworkSpec, path: str) -> bool:
    name = path.removeprefix(_OPTION)
    return network_options.kind(name, spec.driver_opts[name]) is Kind.ISOLATION


_IPAM_OPTIONS: Member[NetworkSpec] = Member(
    lambda spec: ["ipam.options"] if spec.ipam and spec.ipam.options else [], lambda spec: _ipam(spec, options={})
)
_MEMBERS: Members[NetworkSpec] = {
    "attachable": _flag("attachable", True, False),
    "enable_ipv4": _flag("enable_ipv4", False, None),
    "driver_opts": Valued(_options),
    "ipam.options": _IPAM_OPTIONS,
    "ipam.aux_addresses": Member(_reserved, _without_reserved),
    "labels.names": LABELS,
    "labels.keys": SMALL_LABELS,
    "driver": Member(lambda spec: ["driver"] if spec.driver not in (None, "", "bridge") else []),
    "driver.local": Member(
        lambda spec: [Use("driver", spec.driver)] if spec.driver not in (None, "", "overlay") else [],
        lambda spec: spec.model_copy(update={"driver": None}),
        lambda spec, path: spec.driver != "bridge",
    ),
}

NETWORK = below(PREFIX, _MEMBERS)

NETWORK_NAME: Members[str] = {f"{PREFIX}.names": Member(lambda name: [] if is_plain_network_name(name) else ["name"])}
"""Of the name that a network is to have."""


def _foreign_driver(known: Knows) -> Member[NetworkSpec]:
    return Member(
        lambda spec: [Use("ipam.driver", repr(spec.ipam.driver))] if spec.ipam and spec.ipam.driver not in ("", *known) else []
    )


def _gateway_modes(spec: NetworkSpec) -> list[str]:
    return [_OPTION + name for name, text in spec.driver_opts.items() if network_options.is_gateway_mode(name, text)]


def _pools_reserve(spec: NetworkSpec) -> list[str]:
    return ["ipam.config.aux_addresses"] if _reserved(spec) else []


_ALONE: Members[NetworkSpec] = {
    "attachable": _MEMBERS["attachable"],
    "driver_opts": _MEMBERS["driver_opts"],
    "ipam.driver": Valued(_foreign_driver),
    "ipam.options": _IPAM_OPTIONS,
    "enable_ipv4": _MEMBERS["enable_ipv4"],
    "driver_opts.gateway_mode": Member(_gateway_modes),
    "ipam.aux_addresses": Member(_pools_reserve),
    "labels.keys": SMALL_LABELS,
    "driver": _MEMBERS["driver"],
}

NETWORK_ALONE = below(PREFIX, _ALONE)
"""Of a network that is asked for by itself: nothing is left out."""
