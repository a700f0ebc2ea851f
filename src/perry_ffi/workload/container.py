"""The container of a node: its specification, with what the policy changes of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from posixpath import normpath
from typing import TYPE_CHECKING, Any

from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.service import ServiceSpec
from perry_ffi.sandbox.seccomp import strict
from perry_ffi.workload.policy import changes

if TYPE_CHECKING:
    from perry_ffi.model.image_info import ImageDetails
    from perry_ffi.model.mounts import Mount
    from perry_ffi.workload.graph import Node
    from perry_ffi.workload.isolation import Isolation
    from perry_ffi.workload.placement import Place

_OWN = frozenset(
    ("image", "name", "env", "cmd", "entrypoint", "networks", "network", "aliases", "labels", "runtime", "verify", "pull_policy",
     "volumes", "rm", "restart", "expose")
)  # fmt: skip
"""The members of a ContainerSpec that are made here, and not taken as they are."""
_AS_THEY_ARE = tuple(name for name in ContainerSpec.model_fields if name not in _OWN)
IN_MEMORY = "mode=1777"


@dataclass(frozen=True)
class Values:
    """What of a node may hold references, without them: what the engine is asked for."""

    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cmd: list[str] | None = field(default=None, repr=False)
    entrypoint: list[str] | None = field(default=None, repr=False)


def container_spec(
    node: Node, *, name: str, image: str, values: Values, mounts: list[Mount], labels: Mapping[str, str], place: Place,
    isolation: Isolation, architecture: str, details: ImageDetails | None = None,
) -> ServiceSpec:  # fmt: skip
    """architecture: of the engine's machine, for the seccomp profile. details: of the image; its volumes are covered where the
    root file system is read-only.
    """
    spec = node.spec
    found: dict[str, Any] = {member: getattr(spec, member) for member in _AS_THEY_ARE}
    found |= {
        "name": name,
        "image": image,
        "expose": list(spec.expose),
        "env": dict(values.env),
        "cmd": values.cmd,
        "entrypoint": values.entrypoint,
        "volumes": mounts,
        "labels": {**spec.labels, **labels},
        "networks": list(place.attachments),
        "network": place.mode,
        "runtime": isolation.runtime,
        "pull_policy": "never",
        # A job that ran again would be another try, and those are counted here.
        "restart": spec.restart if node.kind == "service" else None,
        "cpus": spec.cpus if spec.cpus is not None else spec.resources.cpu,
        "memory": spec.memory if spec.memory is not None else spec.resources.memory,
    }
    found |= _enforced(node, found, isolation, architecture, details)
    return _template().model_copy(update=found)


@cache
def _template() -> ServiceSpec:
    """What all specs are copies of: their members have been read, with the nodes'."""
    return validate(ServiceSpec, {"image": "template"})


def _enforced(
    node: Node, found: Mapping[str, Any], isolation: Isolation, architecture: str, details: ImageDetails | None
) -> dict[str, Any]:
    """What the policy changes. A kernel of its own knows no profile of the host's."""
    profile = strict(architecture) if isolation.level == "container" else None
    changed = changes(node.spec, node.enforcement, profile=profile.text if profile else None)
    if node.enforcement.read_only_root:
        changed["tmpfs"] = {**_covers(found["volumes"], changed["tmpfs"], details), **changed["tmpfs"]}
    return changed


def _covers(mounts: list[Mount], tmpfs: Mapping[str, str], details: ImageDetails | None) -> dict[str, str]:
    """Over the places that the image declares volumes: they would lie on the host's disk, writable and unbounded."""
    taken = {normpath(mount.target) for mount in mounts} | set(map(normpath, tmpfs))
    declared = {normpath("/" + path.strip("/")) for path in (details.volumes if details else ())}
    return dict.fromkeys(sorted(declared - taken - {"/"}), IN_MEMORY)
