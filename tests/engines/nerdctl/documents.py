"""What nerdctl prints of what it holds, in its Docker mode and in its own."""

from __future__ import annotations

import json
from typing import Any

from tests.engines.nerdctl.store import Document


def container(found: Document) -> Document:
    """One entry of ``inspect --mode=dockercompat``."""
    status = found["status"]
    state: Document = {
        "Status": "" if status == "created" else status, "Running": status == "running", "Paused": status == "paused",
        "Restarting": status == "restarting", "Pid": found["pid"], "ExitCode": found["exit_code"], "Error": found["error"],
        "StartedAt": found["started"], "FinishedAt": found["finished"] or "0001-01-01T00:00:00Z", "Health": found["health"],
    }  # fmt: skip
    return {
        "Id": found["id"], "Created": found["created"], "Path": found["argv"][0] if found["argv"] else "", "Args": found["argv"][1:],
        "State": state, "Image": found["image"], "Name": found["name"], "RestartCount": found["restarts"], "Driver": "overlayfs",
        "Platform": "linux", "HostConfig": _host(found), "Mounts": [_mount(entry) for entry in found["mounts"] if entry["kind"] != "tmpfs"],
        "Config": {
            "Hostname": found["hostname"], "Image": found["image"], "Env": [f"{k}={v}" for k, v in found["env"].items()],
            "Labels": {**found["labels"], **_own_labels(found)}, "User": found["user"], "WorkingDir": found["workdir"],
            **({"Healthcheck": found["check"]} if found["check"] else {}),
        },
        "NetworkSettings": _network(found),
    }  # fmt: skip


def _own_labels(found: Document) -> dict[str, str]:
    """nerdctl's own, some of them with JSON inside."""
    labels = {
        "nerdctl/hostname": found["hostname"], "nerdctl/name": found["name"], "nerdctl/namespace": "default",
        "nerdctl/networks": json.dumps(found["networks"]), "nerdctl/platform": "linux/amd64",
        "nerdctl/log-config": json.dumps({"driver": found["log_driver"].replace("none", ""), "address": ""}),
        "nerdctl/extraHosts": "null", "io.containerd.image.config.stop-signal": "SIGTERM",
    }  # fmt: skip
    if owner := found["pid_mode"].partition("container:")[2]:
        labels["nerdctl/pid-container"] = owner
    if found["runs"]:
        labels["containerd.io/restart.explicitly-stopped"] = json.dumps(found["stopped"])
    return {**labels, **({"containerd.io/restart.policy": found["restart"]} if found["restart"] not in ("", "no") else {})}


def _host(found: Document) -> Document:
    name, _, times = found["restart"].partition(":")
    policy = {"Name": "" if name == "no" else name, "MaximumRetryCount": int(times or 0)}
    return {
        "RestartPolicy": policy,
        "NetworkMode": found["networks"][0],
        "IpcMode": "private",
        "PidMode": found["pid_mode"].removeprefix("container:"),
        "Memory": 0,
        "Privileged": False,
    }


def _mount(entry: Document) -> Document:
    kind = entry["kind"]
    named = {"Name": entry["name"], "Driver": "local"} if kind == "volume" else {}
    mode = "ro" if entry["read_only"] else "rw"
    return {
        "Type": kind, **named, "Source": entry["source"], "Destination": entry["target"], "Mode": mode,
        "RW": not entry["read_only"], "Propagation": "",
    }  # fmt: skip


def _network(found: Document) -> Document:
    runs = found["status"] in ("running", "paused")
    names = [name for name in found["networks"] if name not in ("none", "host") and not name.startswith("container:")]
    entries = {
        f"unknown-eth{index}": {
            "IPAddress": f"10.4.{index}.{2 + found['number'] % 250}",
            "IPPrefixLen": 24,
            "MacAddress": "02:00:00:00:00:01",
        }
        for index, _ in enumerate(names)
    }
    return {"Ports": _ports(found) if runs else {}, "Networks": entries if runs else {}}


def _ports(found: Document) -> Document:
    ports: Document = {}
    for entry in found["ports"]:
        row = {"HostIp": entry["address"] or "0.0.0.0", "HostPort": str(entry["published"])}
        ports.setdefault(f"{entry['target']}/{entry['protocol']}", []).append(row)
    return ports


def row(found: Document) -> Document:
    """One line of ``ps --format '{{json .}}'``."""
    health = (found["health"] or {}).get("Status")
    running = f"Up ({health})" if health in ("healthy", "unhealthy") else "Up"
    words = {
        "created": "Created", "running": running, "paused": "Paused", "restarting": f"Restarting ({found['exit_code']}) 1 second ago",
        "exited": f"Exited ({found['exit_code']}) 26 seconds ago",
    }  # fmt: skip
    labels = {**found["labels"], **_own_labels(found)}
    return {
        "Command": json.dumps(" ".join(found["argv"])), "CreatedAt": found["created"], "ID": found["id"], "Image": found["image"],
        "Platform": "linux/amd64", "Names": found["name"], "Ports": "", "Status": words[found["status"]], "Runtime": "io.containerd.runc.v2",
        "Size": "", "Labels": ",".join(f"{key}={value}" for key, value in labels.items()), "LabelsMap": labels,
    }  # fmt: skip


def network(found: Document) -> Document:
    """One entry of ``network inspect --mode=native``."""
    ranges = [[{"subnet": pool, **({"gateway": found["gateway"]} if found["gateway"] else {})}] for pool in found["subnets"]]
    plugins: list[Any] = [
        {
            "type": found["driver"], "bridge": f"br-{found['id'][:12]}", "isGateway": not found["internal"], "ipMasq": not found["internal"],
            "hairpinMode": True, **({"mtu": int(found["options"]["mtu"])} if "mtu" in found["options"] else {}),
            "ipam": {"type": "host-local", "routes": [{"dst": "0.0.0.0/0"}], "ranges": ranges},
        },
        {"type": "portmap", "capabilities": {"portMappings": True}},
        {"type": "firewall", "ingressPolicy": "same-bridge"},
        {"type": "tuning"},
    ]  # fmt: skip
    return {
        "CNI": {"cniVersion": "1.0.0", "name": found["name"], "nerdctlID": found["id"], "nerdctlLabels": found["labels"], "plugins": plugins},
        "NerdctlID": found["id"], "NerdctlLabels": found["labels"] or None, "File": f"/etc/cni/net.d/default/nerdctl-{found['name']}.conflist",
    }  # fmt: skip


def volume(found: Document, folder: str) -> Document:
    """One entry of ``volume inspect``."""
    return {"Name": found["name"], "Mountpoint": f"{folder}/volumes/{found['name']}/_data", "Labels": found["labels"] or None}


def image(name: str, found: Document, names: list[str]) -> Document:
    """One entry of ``image inspect --mode=dockercompat``."""
    return {
        "Id": found["id"], "RepoTags": names, "RepoDigests": [f"{name.rpartition(':')[0]}@{found['digest']}"], "Created": found["created"],
        "Architecture": "amd64", "Os": "linux", "Size": found["size"], "RootFS": {"Type": "layers", "Layers": []},
        "Config": {"Env": ["PATH=/bin"], "Cmd": ["sh"], "WorkingDir": "/"}, "Metadata": {"LastTagTime": "0001-01-01T00:00:00Z"},
    }  # fmt: skip


def image_row(name: str, found: Document) -> Document:
    """One line of ``images --format '{{json .}}'``."""
    repository, _, tag = name.rpartition(":")
    return {
        "CreatedAt": found["created"], "CreatedSince": "About a minute ago", "Digest": found["digest"], "ID": found["digest"],
        "Repository": repository, "Tag": tag, "Name": name, "Size": "1.2MB", "BlobSize": "1.1MB", "Platform": "linux/amd64",
    }  # fmt: skip


def stats(found: Document) -> Document:
    """One line of ``stats --no-stream --format json``."""
    runs = found["status"] in ("running", "paused")
    return {
        "BlockIO": "0B / 0B", "CPUPerc": "0.03%" if runs else "0.00%", "ID": found["id"][:12], "MemPerc": "0.00%",
        "MemUsage": "624KiB / 8EiB" if runs else "0B / 0B", "Name": found["name"], "NetIO": "586B / 0B" if runs else "0B / 0B",
        "PIDs": "1" if runs else "0",
    }  # fmt: skip
