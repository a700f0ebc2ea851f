"""Networks and volumes of a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.capability import Capabilities
from perry_ffi.backends.rules.evaluation import Evaluator
from perry_ffi.backends.rules.network import NETWORK
from perry_ffi.backends.rules.volume import VOLUME
from perry_ffi.model import network_values as network
from perry_ffi.model import values
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
    return name, Evaluator(NETWORK, capabilities, "").without(spec) if capabilities else spec


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
    return name, Evaluator(VOLUME, capabilities, "").without(spec) if capabilities else spec


def _said(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value != ""}
