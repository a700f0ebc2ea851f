"""nerdctl's documents made those that its Docker mode means to be, and read as such.

Where its Docker mode differs: a container that never ran has no status; networks go by made-up names, the real ones are in a
label; labels hold nerdctl's own beside the user's; probes come newest first, and those of an earlier run stay.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from perry_ffi.backends.engine_api.responses.container import parse_container
from perry_ffi.backends.engine_api.responses.fields import instant, listing, mapping, reads, texts
from perry_ffi.backends.nerdctl.create_words import EMPTY, IMAGE, OWN, THROUGH
from perry_ffi.model.container_info import ContainerInfo
from perry_ffi.model.network_info import NetworkInfo
from perry_ffi.model.service_values import ServiceMount
from perry_ffi.model.volume_info import VolumeInfo

_THEIRS = ("nerdctl/", "io.containerd.", "containerd.io/")
_NETWORKS, _LOG, _IPC, _PID = "nerdctl/networks", "nerdctl/log-config", "nerdctl/ipc", "nerdctl/pid-container"
STOPPED = "containerd.io/restart.explicitly-stopped"
"""Whether somebody stopped or killed the latest run, also of a container without a restart policy."""
INTERNAL = f"{OWN}internal"
"""The label of a network that was made without a way out: nerdctl does not tell it."""


def read_only_mounts(document: Mapping[str, Any]) -> list[ServiceMount]:
    """The volumes and folders of a container, as another one would have them to read alone."""
    found = [mapping(item) for item in listing(document.get("Mounts"))]
    return [
        ServiceMount(
            str(item["Type"]), str(item["Destination"]), str(item.get("Name") or item.get("Source") or ""),
            read_only=True, create_host_path=False,
        )
        for item in found
        if item.get("Type") in ("bind", "volume") and item.get("Destination")
    ]  # fmt: skip


def keeps_no_log(document: Mapping[str, Any]) -> bool:
    """Whether a container's output is kept nowhere: nerdctl then names no driver of its log."""
    said = _inner(texts(mapping(document.get("Config")).get("Labels")), _LOG)
    return isinstance(said, dict) and said.get("driver") == ""


def own_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Those that somebody gave: neither nerdctl's nor containerd's nor this library's for itself."""
    empty = {name.removeprefix(EMPTY): "" for name in labels if name.startswith(EMPTY)}
    return empty | {name: text for name, text in labels.items() if not name.startswith((*_THEIRS, OWN))}


@reads("a container")
def container_info(document: Mapping[str, Any]) -> ContainerInfo:
    """One entry of ``inspect --mode=dockercompat``; kept whole in ``raw``."""
    labels = texts(mapping(document.get("Config")).get("Labels"))
    found = parse_container(_as_docker(document, labels))
    found.raw = dict(document)
    found.labels = own_labels(labels)
    found.image_id = labels.get(IMAGE) or found.image_id
    if _is_created(document):
        found.started_at = found.finished_at = None
    return found


def _is_created(document: Mapping[str, Any]) -> bool:
    return mapping(document["State"])["Status"] in ("", "created")


def _as_docker(document: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    state = dict(mapping(document["State"]))
    state["Status"] = "created" if _is_created(document) else state["Status"]
    if state["Status"] == "restarting" and labels.get(STOPPED) == "true":
        state["Status"] = "exited"  # Nothing starts again what somebody ended, whatever is told of it.
    state["ExitCode"] = state.get("ExitCode") or 0
    state["Health"] = current_health(state)
    network = dict(mapping(document.get("NetworkSettings")))
    network["Networks"] = _named(mapping(network.get("Networks")), network_names(labels))
    host = {**mapping(document.get("HostConfig")), **_namespaces(labels)}
    return {**document, "State": state, "NetworkSettings": network, "HostConfig": host}


def _namespaces(labels: Mapping[str, str]) -> dict[str, str]:
    """Whose processes, shared memory and network a container has: its documents tell an id alone, none, or that of the first."""
    others = {
        "NetworkMode": labels.get(THROUGH),
        "PidMode": labels.get(_PID),
        "IpcMode": mapping(_inner(labels, _IPC)).get("victimContainerId"),
    }
    return {member: f"container:{ident}" for member, ident in others.items() if ident}


def network_names(labels: Mapping[str, str]) -> list[str]:
    """The networks that a container joins, in their order."""
    names = _inner(labels, _NETWORKS)
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _inner(labels: Mapping[str, str], name: str) -> Any:
    """The document in a label; ``None`` where there is none."""
    try:
        return json.loads(labels.get(name) or "null")
    except ValueError:
        return None


def _named(interfaces: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    """By the networks' names what goes by ``unknown-eth0`` and so on; a network of which nothing is told yet is there, too."""
    found: dict[str, Any] = {name: {} for name in names if not name.startswith("container:")}
    for key, entry in interfaces.items():
        number = key.removeprefix("unknown-eth")
        name = names[int(number)] if number.isdecimal() and int(number) < len(names) else key
        found[name] = entry
    return found


def current_health(state: Mapping[str, Any]) -> dict[str, Any] | None:
    """Health of the run that goes on, probes oldest first: nerdctl keeps what an earlier run was found to be."""
    health = state.get("Health")
    if not isinstance(health, Mapping):
        return None
    began = instant(state.get("StartedAt"))
    log = [row for row in reversed(listing(health.get("Log"))) if instant(mapping(row).get("Start")) >= began]
    return {**health, "Log": log, **({} if log else {"Status": "starting"})}


@reads("a network")
def network_info(document: Mapping[str, Any]) -> NetworkInfo:
    """One entry of ``network inspect --mode=native``: a list of CNI plug-ins. Kept whole in ``raw``."""
    cni = mapping(document.get("CNI"))
    first = mapping(next(iter(listing(cni.get("plugins"))), None))
    ipam, labels = mapping(first.get("ipam")), texts(document.get("NerdctlLabels"))
    pools = [mapping(pool) for row in listing(ipam.get("ranges")) for pool in listing(row)]
    return NetworkInfo(
        id=document.get("NerdctlID") or cni["name"],
        name=cni["name"],
        driver=first.get("type") or "",
        internal=INTERNAL in labels or (first.get("type") == "bridge" and first.get("isGateway") is False),
        subnets=[pool["subnet"] for pool in pools if pool.get("subnet")],
        gateways=[pool["gateway"] for pool in pools if pool.get("gateway")],
        enable_ipv6=any(":" in str(pool.get("subnet")) for pool in pools),
        labels=own_labels(labels),
        options={"mtu": str(first["mtu"])} if first.get("mtu") else {},
        raw=dict(document),
    )


@reads("a volume")
def volume_info(document: Mapping[str, Any]) -> VolumeInfo:
    """One entry of ``volume inspect``; kept whole in ``raw``."""
    return VolumeInfo(
        name=document["Name"],
        driver="local",
        mountpoint=document.get("Mountpoint") or "",
        scope="local",
        labels=own_labels(texts(document.get("Labels"))),
        raw=dict(document),
    )


__all__ = [
    "INTERNAL",
    "STOPPED",
    "container_info",
    "current_health",
    "network_info",
    "network_names",
    "own_labels",
    "volume_info",
]
