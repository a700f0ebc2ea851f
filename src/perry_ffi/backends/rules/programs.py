"""What of a container a runtime may lack that is driven by its command line: of a spec of its own, and of a service's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from perry_ffi.backends.rules.member import Member, Members, below
from perry_ffi.backends.rules.rule import partly

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.service import ServiceSpec

S = TypeVar("S", bound="ContainerSpec")
UNNAMED_VOLUMES = partly(
    "those that nobody named are removed after their container: a process that is killed between the two leaves them"
)
"""``DownOptions.volumes``, of a runtime whose program removes a container alone."""


def the_host_name(spec: ContainerSpec) -> str | None:
    """What a container is called where one name is all that it can have: its host name, else the first alias of its own."""
    if spec.hostname:
        return spec.hostname
    return next((name for name in _aliases(spec) if name != spec.name), None)


def _aliases(spec: ContainerSpec) -> list[str]:
    return [*spec.aliases, *(name for item in spec.networks for name in item.aliases)]


def _further_names(spec: ContainerSpec) -> list[str]:
    """Networks on which it has names besides its own and its host name."""
    known = (spec.name, the_host_name(spec))
    alone = ["aliases"] if any(name not in known for name in spec.aliases) else []
    rows = [item for item in spec.networks if any(name not in known for name in item.aliases)]
    return [*alone, *(f"networks.{getattr(item, 'key', '') or item.name}.aliases" for item in rows)]


def _fixed_addresses(spec: ContainerSpec) -> list[str]:
    """Networks on which it has an address of its own, where it joins several."""
    rows = [item for item in spec.networks if item.ipv4_address or item.ipv6_address] if len(spec.networks) > 1 else []
    return [f"networks.{getattr(item, 'key', '') or item.name}.ipv4_address" for item in rows]


def _mounts(path: str, used: Callable[[Any], Any]) -> Callable[[ContainerSpec], list[str]]:
    return lambda spec: [f"volumes[{index}].{path}" for index, item in enumerate(spec.volumes) if used(item)]


def _without(**members: Any) -> Callable[[ServiceSpec], ServiceSpec]:
    """The service, each mount of it less some members."""
    return lambda spec: spec.model_copy(update={"volumes": [replace(item, **members) for item in spec.volumes]})


_MEMBERS: Members[ContainerSpec] = {
    "networks.alias_names": Member(_further_names),
    "networks.several_addresses": Member(_fixed_addresses),
    "volumes.kept_empty": Member(_mounts("volume.nocopy", lambda item: item.nocopy)),
    "volumes.relabelled": Member(_mounts("bind.selinux", lambda item: item.selinux)),
}
PROGRAM_CONTAINER = below("ContainerSpec", _MEMBERS)
"""Of a container that is asked for by itself."""

_SERVICE: Members[ServiceSpec] = {
    "networks.alias_names": Member(_further_names, lambda spec: spec),
    "networks.several_addresses": Member(_fixed_addresses),
    "volumes.kept_empty": Member(_mounts("volume.nocopy", lambda item: item.nocopy), _without(nocopy=False)),
    "volumes.relabelled": Member(_mounts("bind.selinux", lambda item: item.selinux), _without(selinux="")),
    "volumes.recursive": Member(_mounts("bind.recursive", lambda item: getattr(item, "recursive", "") not in ("", "enabled"))),
    "env_unset": Member(
        lambda spec: [f"environment.{name}" for name in spec.env_unset], lambda spec: spec.model_copy(update={"env_unset": []})
    ),
    "stdin_open": Member(
        lambda spec: ["stdin_open"] if spec.stdin_open else [], lambda spec: spec.model_copy(update={"stdin_open": False})
    ),
}
PROGRAM_SERVICE = below("ServiceSpec", _SERVICE)
"""Of a service's container."""

__all__ = ["PROGRAM_CONTAINER", "PROGRAM_SERVICE", "the_host_name"]
