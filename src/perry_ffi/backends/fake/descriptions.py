"""What the engine in memory tells of a container."""

from __future__ import annotations

from typing import Any

from perry_ffi.backends.fake.world import Box, is_generated, published
from perry_ffi.model.container import ContainerInfo, Endpoint
from perry_ffi.model.container_facts import ContainerSettings, HealthCheckInfo, Probe, PublishedPort, RestartPolicy
from perry_ffi.model.container_info import Mounted
from perry_ffi.model.container_values import HealthCheck, moment
from perry_ffi.model.ports import Port


def describe(box: Box, *, inspected: bool) -> ContainerInfo:
    """inspected: with what a list of containers leaves out."""
    more = _inspected(box) if inspected else {}
    return ContainerInfo(
        id=box.id, name=box.name, image=box.spec.image, status=box.status, created=box.created,
        labels=dict(box.spec.labels), health=box.health if box.live else None,
        exit_code=box.exit_code, networks=_places(box), image_id=box.image_id, restart_count=0,
        ports=[f"{p.host_ip or '0.0.0.0'}:{_port(box, p)}->{p.target}/{p.protocol}" for p in box.spec.ports],
        published=[PublishedPort("", int(port), protocol) for port, protocol in published(box)],
        mounts=[
            Mounted(kind="volume", target=target, name=name, anonymous=is_generated(name),
                    nameless=box.nameless and name in box.anonymous)
            for target, name in box.volumes.items()
        ],
        **more,
    )  # fmt: skip


def _places(box: Box) -> dict[str, Endpoint]:
    """Where it is, with an address of its own while it runs."""
    number = int(box.id[:6], 16)
    own = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return {
        name: place if place.ip_address or not box.live else place.model_copy(update={"ip_address": own})
        for name, place in box.networks.items()
    }


def _port(box: Box, port: Port) -> str:
    """The port of the host, where it asks for none the engine's choice."""
    return port.published or str(32768 + int(box.id[:3], 16) + port.target % 1000)


def _inspected(box: Box) -> dict[str, Any]:
    """What a list does not tell of a container. The document is this engine's own, and like no other's."""
    check = box.spec.healthcheck
    ends = box.probe_ends[-len(box.probes) :]
    return {
        "raw": {"id": box.id, "name": box.name, "starts": box.starts},
        "started_at": box.started or None,
        "oom_killed": box.oom,
        "restart": RestartPolicy(*(box.spec.restart or ("no", 0))),
        "health_check": _health_check(box.test, check) if check and box.test else None,
        "probes": [Probe(moment(end).ns / 1e9, one.exit_code == 0) for one, end in zip(box.probes, ends, strict=False)],
        "joined": dict(box.modes),
        "settings": ContainerSettings(
            command=list(box.spec.cmd or ()),
            entrypoint=list(box.spec.entrypoint or ()),
            environment=dict(box.spec.env),
            user=box.spec.user or "",
            working_dir=box.spec.workdir or "",
            hostname=box.spec.hostname or "",
            privileged=box.spec.privileged,
            read_only=box.spec.read_only,
            memory=box.spec.memory or 0,
        ),
    }


def _health_check(test: tuple[str, ...], check: HealthCheck) -> HealthCheckInfo:
    return HealthCheckInfo(test=list(test), interval=(check.interval or 0) / 1e9, retries=check.retries or 0)
