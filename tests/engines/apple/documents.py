"""What apple/container 1.2 prints: its documents, by hand from its release 1.2.2, and its way of writing JSON.

Names are sorted, each ``/`` has a backslash before it, what is absent is left out, and times have whole seconds. A list is on one
line; an inspection is set in with two blanks, with a blank before each colon.
"""

from __future__ import annotations

import json
from typing import Any

from tests.engines.apple.values import Mount, Port

ROOT = "/Users/somebody/Library/Application Support/com.apple.container/"


def compact(document: Any) -> str:
    """As lists are printed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).replace("/", "\\/")


def pretty(document: Any) -> str:
    """As inspections are."""
    return json.dumps(document, sort_keys=True, indent=2, separators=(",", " : "), ensure_ascii=False).replace("/", "\\/")


def user(text: str) -> dict[str, Any]:
    """Of a process."""
    return {"raw": {"userString": text}} if text else {"id": {"gid": 0, "uid": 0}}


def descriptor(digest: str) -> dict[str, Any]:
    return {"digest": digest, "mediaType": "application/vnd.oci.image.index.v1+json", "size": 1609}


def mount(found: Mount, volumes: dict[str, Any]) -> dict[str, Any]:
    if found.kind == "volume":
        more = {"cache": {"on": {}}, "format": "ext4", "name": found.source, "sync": {"fsync": {}}}
        source = volumes[found.source]["source"]
    else:
        more, source = {}, "tmpfs" if found.kind == "tmpfs" else found.source
    return {"destination": found.target, "options": list(found.options), "source": source, "type": {found.kind: more}}


def port(found: Port) -> dict[str, Any]:
    return {
        "containerPort": found.container, "count": found.count, "hostAddress": found.address, "hostPort": found.host,
        "proto": found.protocol,
    }  # fmt: skip


def place(network: str, host_name: str, address: str, mac: str) -> dict[str, Any]:
    """A container's place on a network while it runs."""
    gateway = ".".join([*address.split(".")[:3], "1"])
    return {
        "hostname": host_name, "ipv4Address": f"{address}/24", "ipv4Gateway": gateway, "macAddress": mac, "mtu": 1280,
        "network": network,
    }  # fmt: skip


def container(box: dict[str, Any]) -> dict[str, Any]:
    """box: what the engine keeps of it."""
    status = {"networks": box["places"], "startedDate": box["started"], "state": box["state"]}
    return {
        "configuration": box["configuration"],
        "id": box["configuration"]["id"],
        "status": {name: value for name, value in status.items() if value is not None},
    }


def network(kept: dict[str, Any]) -> dict[str, Any]:
    status = {"ipv4Gateway": kept["gateway"], "ipv4Subnet": kept["subnet"]}
    return {
        "configuration": {name: kept[name] for name in ("creationDate", "labels", "mode", "name", "options", "plugin")},
        "id": kept["name"],
        "status": status | ({"ipv6Subnet": kept["subnet6"]} if kept.get("subnet6") else {}),
    }


def volume(kept: dict[str, Any]) -> dict[str, Any]:
    return {"configuration": kept, "id": kept["name"]}


def image(kept: dict[str, Any]) -> dict[str, Any]:
    config = {"architecture": "arm64", "config": kept["config"], "created": kept["created"], "os": "linux"}
    return {
        "configuration": {"creationDate": kept["created"], "descriptor": descriptor(kept["digest"]), "name": kept["name"]},
        "id": kept["digest"].removeprefix("sha256:"),
        "variants": [
            {
                "config": config, "digest": "sha256:" + "b" * 64, "platform": {"architecture": "arm64", "os": "linux"},
                "size": 4_200_000,
            }
        ],
    }  # fmt: skip


def status(state: str) -> dict[str, Any]:
    """Of the service; ``running``, ``unregistered`` or ``not running``."""
    running = state == "running"
    return {
        "apiServerAppName": "container-apiserver" if running else "",
        "apiServerBuild": "release" if running else "",
        "apiServerCommit": "1234567890abcdef" if running else "",
        "apiServerVersion": "container-apiserver version 1.2.2 (build: release, commit: 1234567)" if running else "",
        "appRoot": ROOT if running else "",
        "installRoot": "/usr/local/" if running else "",
        "status": state,
    }


def stats(name: str) -> dict[str, Any]:
    return {
        "blockReadBytes": 4096, "blockWriteBytes": 8192, "cpuUsageUsec": 250_000, "id": name, "memoryLimitBytes": 1 << 30,
        "memoryUsageBytes": 32 << 20, "networkRxBytes": 100, "networkTxBytes": 200, "numProcesses": 2,
    }  # fmt: skip
