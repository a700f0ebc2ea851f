"""Networks and volumes of a project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.capability import Capabilities, Support
from perry_ffi.model import network_options, values
from perry_ffi.model import network_values as network
from perry_ffi.model.network_options import Kind
from perry_ffi.stack.translate.document import Readers, mapping, read, unquoted
from perry_ffi.stack.translate.names import object_name

if TYPE_CHECKING:
    from perry_ffi.model.network import NetworkSpec
    from perry_ffi.model.volume import VolumeSpec

_NETWORK: Readers = {
    "driver": ("driver", values.clean),
    "driver_opts": ("driver_opts", values.text_map),
    "internal": ("internal", values.boolean),
    "attachable": ("attachable", values.boolean),
    "enable_ipv4": ("enable_ipv4", values.boolean),
    "enable_ipv6": ("enable_ipv6", values.boolean),
    "labels": ("labels", values.labels),
}
_VOLUME: Readers = {
    "driver": ("driver", values.clean),
    "driver_opts": ("driver_opts", values.text_map),
    "labels": ("labels", values.labels),
}


@unquoted
def network_spec(
    project: Mapping[str, Any],
    key: str,
    labels: Mapping[str, str] | None = None,
    capabilities: Capabilities | None = None,
) -> tuple[str, NetworkSpec | None]:
    """The engine's name of the network ``key`` and how to create it; no spec where it is external.

    labels: of identity, they win over the network's own. capabilities: of the engine, what it lacks is left out of the
    spec (``warnings`` names it); absent: nothing is. Raises ValidationError with the path inside the project.
    """
    from perry_ffi.model.base import validate
    from perry_ffi.model.network import NetworkSpec

    name, where = object_name(project, "networks", key), f"networks.{key}"
    document = mapping(mapping(project.get("networks"), "networks")[key], where)
    if document.get("external"):
        return name, None
    found = read(document, where, _NETWORK)
    ipam = mapping(document.get("ipam"), f"{where}.ipam")
    if any(ipam.values()):
        kept = {member: value for member, value in ipam.items() if value}
        found["ipam"] = values.within(f"{where}.ipam", network.read_ipam, kept)
    found["labels"] = found.get("labels", {}) | dict(labels or {})
    spec = validate(NetworkSpec, _said(found), where)
    for member, _, _ in lacking(spec, capabilities) if capabilities else ():
        spec = NETWORK_MEMBERS[member].without(spec)
    return name, spec


@dataclass(frozen=True, slots=True)
class NetworkMember:
    """found: the paths at which a spec uses it. without: the spec less it. isolating: whether a path keeps somebody out."""

    found: Callable[[NetworkSpec], list[str]]
    without: Callable[[NetworkSpec], NetworkSpec]
    isolating: Callable[[NetworkSpec, str], bool] = lambda spec, path: False


def lacking(spec: NetworkSpec, capabilities: Capabilities) -> list[tuple[str, str, str]]:
    """Members of ``spec`` that an engine lacks, each with its path and the reason."""
    found = []
    for member, known in NETWORK_MEMBERS.items():
        capability = capabilities.of(f"NetworkSpec.{member}")
        if capability.support in (Support.PARTIAL, Support.UNSUPPORTED):
            found += [(member, path, capability.reason) for path in known.found(spec)]
    return found


def _flag(member: str, used: Any, unused: Any) -> NetworkMember:
    """A member that is ``used`` or not."""
    return NetworkMember(
        lambda spec: [member] if getattr(spec, member) is used else [],
        lambda spec: spec.model_copy(update={member: unused}),
    )


def _ipam(spec: NetworkSpec, **changes: Any) -> NetworkSpec:
    return spec.model_copy(update={"ipam": replace(spec.ipam or network.Ipam(), **changes)})


def _reserved(spec: NetworkSpec) -> list[str]:
    return ["ipam.aux_addresses"] if spec.ipam and any(pool.aux_addresses for pool in spec.ipam.config) else []


def _without_reserved(spec: NetworkSpec) -> NetworkSpec:
    pools = spec.ipam.config if spec.ipam else ()
    return _ipam(spec, config=tuple(replace(pool, aux_addresses={}) for pool in pools))


_OPTION = "driver_opts."


def _foreign_options(spec: NetworkSpec) -> list[str]:
    """Options that podman's drivers lack, and whose absence can be told."""
    foreign = {name: text for name, text in spec.driver_opts.items() if name not in network_options.PODMAN}
    return [_OPTION + name for name, text in foreign.items() if network_options.kind(name, text) is not Kind.DEFAULT]


def _without_foreign_options(spec: NetworkSpec) -> NetworkSpec:
    kept = {name: text for name, text in spec.driver_opts.items() if name in network_options.PODMAN}
    return spec.model_copy(update={"driver_opts": kept})


def _is_isolating(spec: NetworkSpec, path: str) -> bool:
    name = path.removeprefix(_OPTION)
    return network_options.kind(name, spec.driver_opts[name]) is Kind.ISOLATION


def _odd_labels(spec: NetworkSpec | VolumeSpec) -> list[str]:
    return [] if all(values.is_plain_label(name) for name in spec.labels) else ["labels"]


def _plain_labels(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in labels.items() if values.is_plain_label(name)}


NETWORK_MEMBERS: Mapping[str, NetworkMember] = {
    "attachable": _flag("attachable", True, False),
    "enable_ipv4": _flag("enable_ipv4", False, None),
    "driver_opts": NetworkMember(_foreign_options, _without_foreign_options, _is_isolating),
    "ipam.options": NetworkMember(
        lambda it: ["ipam.options"] if it.ipam and it.ipam.options else [], lambda it: _ipam(it, options={})
    ),
    "ipam.aux_addresses": NetworkMember(_reserved, _without_reserved),
    "labels.names": NetworkMember(_odd_labels, lambda it: it.model_copy(update={"labels": _plain_labels(it.labels)})),
}
"""Members that an engine may lack, by the names of capabilities."""


@unquoted
def volume_spec(
    project: Mapping[str, Any],
    key: str,
    labels: Mapping[str, str] | None = None,
    capabilities: Capabilities | None = None,
) -> tuple[str, VolumeSpec | None]:
    """As ``network_spec``, of the volume ``key``."""
    from perry_ffi.model.base import validate
    from perry_ffi.model.volume import VolumeSpec

    name, where = object_name(project, "volumes", key), f"volumes.{key}"
    document = mapping(mapping(project.get("volumes"), "volumes")[key], where)
    if document.get("external"):
        return name, None
    found = read(document, where, _VOLUME)
    found["labels"] = found.get("labels", {}) | dict(labels or {})
    spec = validate(VolumeSpec, _said(found), where)
    if capabilities and odd_volume_labels(spec, capabilities):
        spec = spec.model_copy(update={"labels": _plain_labels(spec.labels)})
    return name, spec


def odd_volume_labels(spec: VolumeSpec, capabilities: Capabilities) -> str:
    """Why an engine lacks labels of ``spec``; empty where it takes them all."""
    capability = capabilities.of("VolumeSpec.labels.names")
    return capability.reason if capability.support is Support.UNSUPPORTED and _odd_labels(spec) else ""


def _said(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value != ""}
