"""A container of its lists and inspections, which have the same documents.

Release 1.0 and later: ``{id, configuration, status: {state, networks, startedDate}}``. One that never ran and one that has ended
look alike but for the time of its start. Ids are names. Its exit code, and the end of its run, are told nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from perry_ffi.backends.apple import kept, labels
from perry_ffi.backends.apple.responses.fields import items, of, reads, texts
from perry_ffi.model.container_facts import HealthCheckInfo, PublishedPort, RestartPolicy
from perry_ffi.model.container_info import ContainerInfo, Endpoint, Mounted, Status
from perry_ffi.model.container_values import HealthCheck

_STATES: Mapping[str, Status] = {"running": "running", "stopping": "running", "unknown": "dead"}
_GENERATED = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NANO = 10**9


def is_generated(volume: str) -> bool:
    """Whether the engine makes such names up for volumes that nobody names."""
    return _GENERATED.fullmatch(volume) is not None


@reads("a container")
def container(row: Mapping[str, Any]) -> ContainerInfo:
    """One container, with all that it tells."""
    configuration, status = of(row, "configuration"), of(row, "status")
    name, marks = configuration["id"], texts(configuration, "labels")
    spec = kept.read(marks.get(labels.KEPT))
    ports = [port for item in items(configuration, "publishedPorts") for port in _published(item)]
    policy = spec.restart if spec is not None and spec.restart else ("no", 0)
    return ContainerInfo(
        id=name,
        name=name,
        image=spec.image if spec is not None else _reference(configuration),
        status=_status(status),
        stopping=status["state"] == "stopping",
        ports=[text for text, _ in ports],
        published=[port for _, port in ports],
        created=configuration.get("creationDate") or "",
        labels=labels.told(marks),
        networks=_networks(configuration, status),
        image_id=of(of(configuration, "image"), "descriptor").get("digest"),
        started_at=status.get("startedDate"),
        mounts=[mount for item in items(configuration, "mounts") if (mount := _mount(item))],
        restart=RestartPolicy(*policy),
        health_check=health_check(spec.healthcheck) if spec is not None else None,
        raw=dict(row),
    )


def _reference(configuration: Mapping[str, Any]) -> str:
    found = of(configuration, "image")["reference"]
    if not isinstance(found, str):
        raise TypeError("image.reference is no text")
    return found


def _status(status: Mapping[str, Any]) -> Status:
    if status["state"] == "stopped":
        return "exited" if status.get("startedDate") else "created"
    return _STATES[status["state"]]


def _published(item: Mapping[str, Any]) -> list[tuple[str, PublishedPort]]:
    """A row is a range; the address is written as it is listened on."""
    address, protocol = item["hostAddress"], item["proto"]
    shown = f"[{address}]" if ":" in address else address
    return [
        (
            f"{shown}:{item['hostPort'] + step}->{item['containerPort'] + step}/{protocol}",
            PublishedPort("" if address in ("0.0.0.0", "::") else address, item["hostPort"] + step, protocol),
        )
        for step in range(item.get("count", 1))
    ]


def _networks(configuration: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, Endpoint]:
    """Those that it is to join, with the addresses that it has while it runs."""
    found = {item["network"]: Endpoint(network_id=item["network"]) for item in items(configuration, "networks")}
    for item in items(status, "networks"):
        found[item["network"]] = Endpoint(
            ip_address=item["ipv4Address"].partition("/")[0],
            ipv6_address=(item.get("ipv6Address") or "").partition("/")[0],
            gateway=item["ipv4Gateway"],
            mac_address=(item.get("macAddress") or "").lower(),
            network_id=item["network"],
        )
    return found


def _mount(item: Mapping[str, Any]) -> Mounted | None:
    """The kind is the one member of ``type``."""
    (kind, more), *others = of(item, "type").items()
    if others or kind not in ("virtiofs", "tmpfs", "volume", "block"):
        raise ValueError(f"a mount of the kind {kind}")
    common = {"target": item["destination"], "read_only": "ro" in items(item, "options")}
    if kind == "volume":
        return Mounted(kind="volume", name=more["name"], anonymous=is_generated(more["name"]), **common)
    return None if kind == "tmpfs" else Mounted(kind="bind" if kind == "virtiofs" else kind, **common)


def health_check(check: HealthCheck | None) -> HealthCheckInfo | None:
    """The check that its specification has; the image's own is not looked at."""
    if check is None or not check.test or check.test[0] == "NONE":
        return None
    times = {name: getattr(check, name) / _NANO for name in ("interval", "timeout", "start_period")}
    return HealthCheckInfo(test=list(check.test), retries=check.retries, **times)


__all__ = ["container", "health_check", "is_generated"]
