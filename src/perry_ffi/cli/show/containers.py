"""A container as a row: the members that docker compose gives it, and its table."""

from __future__ import annotations

import time

from perry_ffi.cli.show import units
from perry_ffi.cli.show.rows import Column

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from perry_ffi.model.container_info import ContainerInfo

COLUMNS = (
    Column("NAME", "Name"),
    Column("IMAGE", "Image", gives=2, least=12),
    Column("COMMAND", "Command", gives=1),
    Column("SERVICE", "Service", gives=5),
    Column("CREATED", "RunningFor", gives=3),
    Column("STATUS", "Status"),
    Column("PORTS", "Ports", gives=4, least=8),
)
NODE = Column("NODE", "Node", gives=6)
"""Where a task of a cluster is."""
HEADS = {
    "ID": "CONTAINER ID", "CreatedAt": "CREATED AT", "RunningFor": "CREATED", "LocalVolumes": "LOCAL VOLUMES",
    "ExitCode": "EXIT CODE",
}  # fmt: skip
MEMBERS = (
    "Command", "CreatedAt", "Engine", "ExitCode", "Health", "ID", "Image", "Labels", "LocalVolumes", "Mounts", "Name", "Names",
    "Networks", "Ports", "Project", "Publishers", "RunningFor", "Service", "Size", "State", "Status",
    "FailingStreak", "OneOff", "Replica", "Node", "Label",
)  # fmt: skip
"""Docker compose's, then ours: how many probes failed one after the other, whether ``run`` made it, its number, and of a task of a
cluster its node.
"""

_COMMAND, _MOUNT, _ID = 20, 15, 12


def row(
    info: ContainerInfo, engine: str, project: str, service: str, number: int, one_off: bool, *, whole: bool = False
) -> dict[str, Any]:
    """All members. whole: nothing is shortened."""
    mounts = sorted(mount.name or mount.source for mount in info.mounts if mount.name or mount.source)
    networks = sorted(info.networks) or [mode for mode in (info.network_mode,) if mode in ("host", "none")]
    values: dict[str, Any] = {
        "Command": _quoted(info.command if whole else units.shortened(info.command, _COMMAND)),
        "CreatedAt": units.local(info.created),
        "Engine": engine,
        "ExitCode": info.exit_code or 0,
        "Health": info.health or "",
        "ID": info.id if whole else info.id[:_ID],
        "Image": info.image,
        "Labels": ",".join(f"{name}={text}" for name, text in sorted(info.labels.items())),
        "LocalVolumes": str(sum(mount.driver == "local" for mount in info.mounts)),
        "Mounts": ",".join(mount if whole else units.shortened(mount, _MOUNT) for mount in mounts),
        "Name": info.name,
        "Names": info.name,
        "Networks": ",".join(networks),
        "Ports": ports(info.ports),
        "Project": project,
        "Publishers": publishers(info.ports),
        "RunningFor": _ago(info.created),
        "Service": service,
        "Size": "0B",
        "State": info.status,
        "Status": status(info),
        "FailingStreak": info.failing,
        "OneOff": one_off,
        "Replica": number,
        "Label": lambda name: info.labels.get(name, ""),
    }
    if info.place is not None:
        values["Node"] = info.place.node_name
    return values


def columns(rows: Iterable[dict[str, Any]]) -> tuple[Column, ...]:
    """Those of the table: the node too where the rows are tasks of a cluster."""
    first, *others = COLUMNS
    return (first, NODE, *others) if any("Node" in values for values in rows) else COLUMNS


def shown(values: dict[str, Any]) -> dict[str, Any]:
    """The row of the table: each published port once, and how many probes failed."""
    failing, told = values["FailingStreak"], values["Status"]
    if failing and told.endswith(")"):
        told = f"{told[:-1]}, {failing} failed)"
    lines = [port for port in values["Publishers"] if not _is_twin(port, values["Publishers"])]
    return {**values, "Status": told, "Ports": ports([_line(port) for port in lines])}


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def _ago(moment: str | None) -> str:
    return f"{units.span(max(0.0, time.time() - units.seconds_of(moment)))} ago" if moment else ""


def status(info: ContainerInfo) -> str:
    """The engine's words, and what they leave out of its health; made of what is known where the engine has none."""
    words = info.words or _words(info)
    if info.health and info.status == "running" and "(" not in words:
        words += f" ({'health: ' if info.health == 'starting' else ''}{info.health})"
    return words


def _words(info: ContainerInfo) -> str:
    if info.status in ("running", "paused"):
        since = time.time() - units.seconds_of(info.started_at or info.created)
        return f"Up {units.span(since)}" + (" (Paused)" if info.status == "paused" else "")
    if info.status in ("exited", "restarting"):
        return f"{info.status.capitalize()} ({info.exit_code or 0}) {_ago(info.finished_at)}".rstrip()
    return info.status.capitalize()


# -- ports ---------------------------------------------------------------------------------------------


def publishers(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Ports in parts, from ``0.0.0.0:8080->80/tcp`` or ``80/tcp`` each."""
    found = []
    for line in lines:
        host, _, inside = line.rpartition("->")
        target, _, protocol = inside.partition("/")
        address, _, port = host.rpartition(":")
        found.append({
            "URL": address.strip("[]"), "TargetPort": int(target), "PublishedPort": int(port or 0), "Protocol": protocol,
        })  # fmt: skip
    return found


def address(port: dict[str, Any]) -> str:
    """Where a port is published."""
    url = port["URL"]
    return f"{f'[{url}]' if ':' in url else url}:{port['PublishedPort']}"


def _line(port: dict[str, Any]) -> str:
    target = f"{port['TargetPort']}/{port['Protocol']}"
    return f"{address(port)}->{target}" if port["PublishedPort"] else target


def _is_twin(port: dict[str, Any], others: list[dict[str, Any]]) -> bool:
    """Whether the same port is published on every address of IPv4, too; an engine may choose another number for that."""
    inside = (port["TargetPort"], port["Protocol"])
    return port["URL"] == "::" and any(
        other["URL"] == "0.0.0.0" and (other["TargetPort"], other["Protocol"]) == inside for other in others
    )


def ports(lines: Iterable[str]) -> str:
    """Ports as docker lists them: those that follow each other, and are published as themselves or not at all, as one range."""
    ranges: dict[tuple[str, str], list[list[int]]] = {}
    others = []
    for port in publishers(lines):
        if port["PublishedPort"] and port["PublishedPort"] != port["TargetPort"]:
            others.append(_line(port))
            continue
        runs = ranges.setdefault((port["URL"], port["Protocol"]), [])
        if runs and runs[-1][1] + 1 == port["TargetPort"]:
            runs[-1][1] += 1
        else:
            runs.append([port["TargetPort"], port["TargetPort"]])
    told = []
    for (url, protocol), runs in ranges.items():
        host = f"{f'[{url}]' if ':' in url else url}:" if url else ""
        for first, last in runs:
            span = str(first) if first == last else f"{first}-{last}"
            told.append(f"{host}{span}->{span}/{protocol}" if host else f"{span}/{protocol}")
    return ", ".join([*told, *others])
