"""What each task of a service runs: the service's container, less what a cluster is told of the service itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.rules import tmpfs
from perry_ffi.model import values
from perry_ffi.model.service_values import ServiceMount
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.naming import service_name
from perry_ffi.stack.translate.container import service_spec
from perry_ffi.stack.translate.document import Readers, entries, mapping, project_name, read, service_of, wrong
from perry_ffi.stack.translate.names import Linked, given_name

if TYPE_CHECKING:
    from perry_ffi.model.service import ServiceSpec

_SHARED_MEMORY = "/dev/shm"
_SHARED_MODE = 0o1777
_VOLUME: Readers = {"driver": ("driver", values.clean), "driver_opts": ("driver_opts", values.text_map)}
_NOT_OF_TASKS = ("configs", "secrets", "use_api_socket")
"""Objects of the cluster beside a container, and what only an engine of one machine has to give."""


def whole_spec(
    document: Mapping[str, Any],
    service: str,
    *,
    image: str,
    labels: Mapping[str, str],
    linked: Linked | None = None,
    working_dir: str | None = None,
) -> ServiceSpec:
    """All that the service asks of a container, but for its configs and secrets: what rules are asked about.

    Arguments and errors as of ``translate.container.service_spec``.
    """
    tree = {name: value for name, value in service_of(document, service).items() if name not in _NOT_OF_TASKS}
    alone = {**document, "services": {**mapping(document.get("services"), "services"), service: tree}}
    name = given_name(tree) or service_name(project_name(document), service)
    return service_spec(
        alone, service, 1, image=image, labels=labels, name=name, linked=linked, working_dir=working_dir
    )  # fmt: skip


def task_spec(document: Mapping[str, Any], service: str, whole: ServiceSpec) -> ServiceSpec:
    """The container of each task: ``whole`` less its networks, ports and restart policy; what lies in memory is a mount."""
    mounts = _volumes(document, service, whole)
    taken = {item.target.rstrip("/") for item in mounts}
    mounts += _in_memory(whole, f"services.{service}")
    if whole.shm_size and _SHARED_MEMORY not in taken:
        mounts.append(ServiceMount("tmpfs", _SHARED_MEMORY, size=whole.shm_size, mode=_SHARED_MODE))
    elsewhere: dict[str, Any] = {
        "name": None, "networks": [], "network": None, "aliases": [], "ports": [], "expose": [], "links": [], "restart": None,
        "mem_reservation": None, "pull_policy": None, "shm_size": None, "tmpfs": {}, "volumes": mounts,
    }  # fmt: skip
    return whole.model_copy(update=elsewhere)


def _volumes(document: Mapping[str, Any], service: str, whole: ServiceSpec) -> list[ServiceMount]:
    """With what the node needs that makes the volume: its driver, and labels by which it is known as the project's."""
    declared, where = mapping(document.get("volumes"), "volumes"), f"services.{service}.volumes"
    rows = entries(service_of(document, service).get("volumes"), where)
    return [
        _made_there(document, str(row["source"]), declared, mount) if mount.type == "volume" and mount.source else mount
        for row, mount in zip(rows, whole.volumes, strict=True)
        if isinstance(mount, ServiceMount)
    ]


def _made_there(document: Mapping[str, Any], key: str, declared: Mapping[str, Any], mount: ServiceMount) -> ServiceMount:
    entry, at = mapping(declared.get(key), f"volumes.{key}"), f"volumes.{key}"
    if entry.get("external"):
        return mount
    own = values.within(f"{at}.labels", values.labels, entry.get("labels") or {})
    ours = {**identity.cluster_labels(project_name(document)), identity.VOLUME: key}
    return replace(mount, labels={**mount.labels, **own, **ours}, **read(entry, at, _VOLUME))


def _in_memory(whole: ServiceSpec, where: str) -> list[ServiceMount]:
    found = []
    for index, (path, options) in enumerate(whole.tmpfs.items()):
        words, at = tmpfs.parsed(options), f"{where}.tmpfs[{index}]"
        said = {about: word.partition("=")[2] for about, word in words.items()}
        size = values.within(f"{at}.size", values.size, said["size"]) if "size" in words else 0
        mode = _mode(said["mode"], f"{at}.mode") if "mode" in words else None
        found.append(ServiceMount("tmpfs", path, size=size, mode=mode, read_only=words.get("ro") == "ro"))
    return found


def _mode(text: str, where: str) -> int:
    if not text or set(text) - set("01234567") or int(text, 8) > 0o7777:
        wrong(where, "octal permissions such as 1777")
    return int(text, 8)


__all__ = ["task_spec", "whole_spec"]
