"""What of a service an engine of many machines may lack: of its container, and of what its document says beside that."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from perry_ffi.backends.rules import tmpfs
from perry_ffi.backends.rules.member import Member, Members, Use, below

if TYPE_CHECKING:
    from perry_ffi.model.service import ServiceSpec

PREFIX = "ServiceSpec"


def _rows(member: str, path: str, used: Callable[[Any], Any]) -> Callable[[ServiceSpec], list[str]]:
    return lambda spec: [path.format(index) for index, item in enumerate(getattr(spec, member)) if used(item)]


def _said(*names: str) -> Member[ServiceSpec]:
    """Members that are there or not."""
    return Member(lambda spec: [name for name in names if getattr(spec, name)])


def _mac_addresses(spec: ServiceSpec) -> list[str]:
    alone = ["mac_address"] if spec.mac_address else []
    return alone + [f"networks.{getattr(item, 'key', '') or item.name}.mac_address" for item in spec.networks if item.mac_address]


_ANY_ADDRESS = "0.0.0.0"
"""Where a port is published that says nothing, too."""
_MOUNTED = ("exec", "suid", "dev", "propagation")


def _tmpfs(spec: ServiceSpec) -> list[str]:
    """Options of a tmpfs that say more than its size, its mode and whether it is written to."""
    found = []
    for index, options in enumerate(spec.tmpfs.values()):
        words = tmpfs.parsed(options)
        usual = {f"no{about}" for about in _MOUNTED}
        found += [f"tmpfs[{index}].{about}" for about in _MOUNTED if about in words and words[about] not in usual]
        if tmpfs.owner(options, None) is not tmpfs.Owner.ROOT:
            found += [f"tmpfs[{index}].{about}" for about in ("uid", "gid") if about in words]
    return found


_SPEC: Members[ServiceSpec] = {
    "network.mode": Member(
        lambda spec: [Use("network_mode", spec.network)] if spec.network not in (None, "host") and not spec.networks else []
    ),
    "networks.mac_addresses": Member(_mac_addresses),
    "networks.priority": Member(
        lambda spec: [f"networks.{getattr(item, 'key', '')}.priority" for item in spec.networks if getattr(item, "priority", 0)],
        lambda spec: spec,
    ),
    "ports.host_ip": Member(_rows("ports", "ports[{}].host_ip", lambda item: item.host_ip not in ("", None, _ANY_ADDRESS))),
    "cgroup.any": _said("cgroup", "cgroup_parent"),
    "ipc.any": _said("ipc"),
    "userns_mode.any": _said("userns_mode"),
    "tmpfs.mounted": Member(_tmpfs),
    "storage_opt.any": Member(
        lambda spec: ["storage_opt"] if spec.storage_opt else [], lambda spec: spec.model_copy(update={"storage_opt": {}})
    ),
    "expose.any": Member(lambda spec: ["expose"] if spec.expose else [], lambda spec: spec.model_copy(update={"expose": []})),
    "shm_size": Member(lambda spec: ["shm_size"] if spec.shm_size else [], lambda spec: spec),
}
CLUSTER_SERVICE: Members[ServiceSpec] = below(PREFIX, _SPEC)
"""Of a service's container."""


class Placed(NamedTuple):
    """A service as its project has it. service: its document. volumes: those that the project declares."""

    service: Mapping[str, Any]
    volumes: Mapping[str, Any]


def _hook(name: str) -> Member[Placed]:
    return Member(lambda placed: [name] if placed.service.get(name) else [])


_PINNED = re.compile(r"\s*node\.(?:id|hostname)\s*==")


def _is_pinned(placed: Placed) -> bool:
    """Whether all tasks run on one node."""
    constraints = ((placed.service.get("deploy") or {}).get("placement") or {}).get("constraints") or ()
    return any(isinstance(text, str) and _PINNED.match(text) for text in constraints)


def _is_elsewhere(declared: Any) -> bool:
    """Whether a volume's data is kept by another machine (NFS and its like), or by a driver that may know about all nodes."""
    row = declared or {}
    kind = str((row.get("driver_opts") or {}).get("type") or "")
    return (row.get("driver") or "local") != "local" or kind in ("nfs", "nfs4", "cifs")


def _local_volumes(placed: Placed) -> list[str]:
    rows = [] if _is_pinned(placed) else list(enumerate(placed.service.get("volumes") or ()))
    return [
        f"volumes[{index}]"
        for index, item in rows
        if item.get("type") == "volume" and item.get("source") and not _is_elsewhere(placed.volumes.get(item["source"]))
    ]


def _bound_folders(placed: Placed) -> list[str]:
    rows = [] if _is_pinned(placed) else list(enumerate(placed.service.get("volumes") or ()))
    return [f"volumes[{index}]" for index, item in rows if item.get("type") == "bind"]


def _replicas(placed: Placed) -> list[str]:
    """What is said of how many there are, of a service that runs on each node."""
    deploy = placed.service.get("deploy") or {}
    if deploy.get("mode") not in ("global", "global-job"):
        return []
    if placed.service.get("scale") is not None:
        return ["scale"]
    return ["deploy.replicas"] if deploy.get("replicas") is not None else []


def _bare_entrypoint(placed: Placed) -> list[str]:
    """An entrypoint that takes the image's away, where the image's command is to run."""
    empty = placed.service.get("entrypoint") in ([], [""]) and not placed.service.get("command")
    return ["entrypoint"] if empty else []


def _same(placed: Placed) -> Placed:
    return placed


_DOCUMENT: Members[Placed] = {
    "post_start": _hook("post_start"),
    "pre_stop": _hook("pre_stop"),
    "pre_start": _hook("pre_start"),
    "use_api_socket": _hook("use_api_socket"),
    "volumes.local": Member(_local_volumes, _same),
    "volumes.bound": Member(_bound_folders, _same),
    "deploy.replicas.everywhere": Member(_replicas, _same),
    "entrypoint.alone": Member(_bare_entrypoint),
}
CLUSTER_DOCUMENT: Members[Placed] = below(PREFIX, _DOCUMENT)
"""Of what a service says beside its container."""

__all__ = ["CLUSTER_DOCUMENT", "CLUSTER_SERVICE", "Placed"]
