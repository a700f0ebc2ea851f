"""From a ContainerSpec to the JSON that an engine's create call takes.

Every member lands in the body or the query, or is refused by name: ``Unsupported`` where this engine
cannot honour it, never a silent loss. Where docker and podman's compatible API differ was tried on
dockerd 20.10 (API 1.41) and podman 4.3; the reasons stand in the drivers' rules.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from perry_ffi.backends.engine_api.flavour import (
    DEFAULT_API,
    ApiVersion,
    Flavour,
    check_labels,
    refuse_member,
)
from perry_ffi.backends.engine_api.requests.health import health_part
from perry_ffi.backends.engine_api.requests.honoured import refuse_lacking
from perry_ffi.backends.engine_api.requests.host_config import host_binds, port_maps
from perry_ffi.backends.engine_api.requests.network import network_part
from perry_ffi.backends.engine_api.requests.security import SeccompProfile, security_part
from perry_ffi.errors import Unsupported
from perry_ffi.model.reference import default_name

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.container_values import GpuRequest
    from perry_ffi.model.resource_values import Ulimit

CREATE_PLATFORM_API: ApiVersion = (1, 41)


class ContainerPayload(NamedTuple):
    """What to send to create a container.

    query: of the create call (``name``, ``platform``). connect: networks to join after creation and before
    the start, as ``(network, EndpointConfig)``, where the engine takes only one at creation.
    """

    name: str
    body: dict[str, Any]
    query: dict[str, str]
    connect: tuple[tuple[str, dict[str, Any]], ...] = ()


STOP_SECONDS = 10
"""How long a container gets to stop where nobody says so, as docker has it."""
ENDLESS = 2**31 - 1
"""Seconds without end, for podman: it takes a negative number for the largest, and stops at once."""


def container_payload(
    spec: ContainerSpec,
    flavour: Flavour,
    *,
    api: ApiVersion = DEFAULT_API,
    seccomp: SeccompProfile | None = None,
    directory: Path | None = None,
    release: tuple[int, int] | None = None,
) -> ContainerPayload:
    """The payload of ``spec`` for an engine of ``flavour`` that speaks ``api``.

    seccomp: the profile that the spec names, already read (``payload_security.read_seccomp``); needed only
    where it names one. directory: what relative sources of bind mounts are relative to. release: podman's own version,
    absent: the oldest. Raises Unsupported for a member that the engine cannot honour, ValidationError for one that lacks
    what it needs.
    """
    if spec.verify is not None:
        raise Unsupported(
            "ContainerSpec.verify: an engine verifies nothing, and this image was not verified before",
            member="ContainerSpec.verify", backend=flavour, remedy="create it by the library's own run or create",
        )  # fmt: skip
    check_labels(spec.labels, "ContainerSpec", flavour)
    name = spec.name or default_name(spec.image)
    networks = network_part(spec, flavour, api)
    refuse_lacking("ContainerSpec", spec, flavour, api)
    exposed, published = port_maps(spec.ports, flavour)
    body = _process(spec, flavour) | networks.body
    if flavour == "podman":
        # Its API takes an absent grace period for none: the container would be killed without a word.
        body.setdefault("StopTimeout", STOP_SECONDS)
        if body["StopTimeout"] < 0:
            body["StopTimeout"] = ENDLESS
    if exposed:
        body["ExposedPorts"] = exposed
    if spec.healthcheck:
        body["Healthcheck"] = health_part(spec.healthcheck, flavour, release)
    body["HostConfig"] = {
        **_limits(spec, flavour),
        **_devices(spec),
        **_lifecycle(spec),
        **security_part(spec, flavour, seccomp),
        **host_binds(spec, flavour, api, directory),
        **networks.host,
        **({"PortBindings": published} if published else {}),
    }
    return ContainerPayload(name, body, _query(spec, name, flavour, api), networks.connect)


def _query(spec: ContainerSpec, name: str, flavour: Flavour, api: ApiVersion) -> dict[str, str]:
    query = {"name": name}
    if spec.platform:
        if api < CREATE_PLATFORM_API:
            refuse_member("ContainerSpec.platform", flavour, f"its API {api[0]}.{api[1]} cannot choose one")
        query["platform"] = spec.platform
    return query


def _process(spec: ContainerSpec, flavour: Flavour) -> dict[str, Any]:
    body: dict[str, Any] = {"Image": spec.image}
    if spec.cmd is not None:
        body["Cmd"] = spec.cmd
    if spec.entrypoint is not None:
        # Podman takes an empty list for none, and this for an empty one.
        body["Entrypoint"] = [""] if flavour == "podman" and not spec.entrypoint else spec.entrypoint
    if spec.env:
        body["Env"] = [f"{key}={value}" for key, value in spec.env.items()]
    if spec.labels:
        body["Labels"] = spec.labels
    if spec.stop_timeout is not None:
        body["StopTimeout"] = spec.stop_timeout
    for key, value in (
        ("User", spec.user),
        ("WorkingDir", spec.workdir),
        ("Hostname", spec.hostname),
        ("StopSignal", spec.stop_signal),
    ):
        if value:
            body[key] = value
    return body


def _lifecycle(spec: ContainerSpec) -> dict[str, Any]:
    host: dict[str, Any] = {}
    if spec.rm:
        host["AutoRemove"] = True
    if spec.restart:
        host["RestartPolicy"] = {"Name": spec.restart[0], "MaximumRetryCount": spec.restart[1]}
    if spec.init is not None:
        host["Init"] = spec.init
    return host


def _limits(spec: ContainerSpec, flavour: Flavour) -> dict[str, Any]:
    host: dict[str, Any] = {}
    if spec.memory is not None:
        host["Memory"] = spec.memory
    if spec.cpus is not None:
        host["NanoCpus"] = round(spec.cpus * 10**9)
    if spec.pids_limit is not None:
        host["PidsLimit"] = spec.pids_limit
    if spec.shm_size is not None:
        host["ShmSize"] = spec.shm_size
    if spec.sysctls:
        host["Sysctls"] = spec.sysctls if flavour == "docker" else {_dotted(name): text for name, text in spec.sysctls.items()}
    if spec.ulimits:
        host["Ulimits"] = _ulimits(spec.ulimits, flavour)
    return host


def _dotted(name: str) -> str:
    """A kernel parameter with dots, as podman reads it: ``net/ipv4/x`` too is ``net.ipv4.x``, and a dot then a slash."""
    return name.translate(str.maketrans("/.", "./")) if "/" in name.partition(".")[0] else name


def _ulimits(ulimits: list[Ulimit], flavour: Flavour) -> list[dict[str, Any]]:
    """Podman takes a list in place of all its defaults, and asks for more than it may where one is missing."""
    entries = {item.name: (item.soft, item.hard) for item in ulimits}
    if flavour == "podman":
        entries = own_limits() | entries
    return [{"Name": name, "Soft": soft, "Hard": hard} for name, (soft, hard) in entries.items()]


def own_limits() -> dict[str, tuple[int, int]]:
    """The hard ``nofile`` and ``nproc`` of this process: what an engine beside it may ask for, too.

    Podman lowers its own ``nproc`` to the kernel's number of processes, and cannot go back above it.
    """
    import resource

    found = {}
    for name, which in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC)):
        hard = resource.getrlimit(which)[1]
        if name == "nproc" and (most := _most_processes()) is not None:
            hard = most if hard == resource.RLIM_INFINITY else min(hard, most)
        found[name] = (hard, hard)
    return found


def _most_processes() -> int | None:
    try:
        return int(Path("/proc/sys/kernel/pid_max").read_text())
    except (OSError, ValueError):
        return None


def _devices(spec: ContainerSpec) -> dict[str, Any]:
    host: dict[str, Any] = {}
    if spec.devices:
        host["Devices"] = [
            {"PathOnHost": item.source, "PathInContainer": item.target, "CgroupPermissions": item.permissions}
            for item in spec.devices
        ]
    if spec.gpus:
        host["DeviceRequests"] = [_gpu(item) for item in spec.gpus]
    if spec.runtime:
        host["Runtime"] = spec.runtime
    return host


def _gpu(item: GpuRequest) -> dict[str, Any]:
    request: dict[str, Any] = {"Driver": item.driver, "Capabilities": [list(item.capabilities)]}
    if item.device_ids:
        request["DeviceIDs"] = list(item.device_ids)
    else:
        request["Count"] = item.count
    return request | ({"Options": dict(item.options)} if item.options else {})


__all__ = [
    "DEFAULT_API", "ApiVersion", "ContainerPayload", "Flavour", "container_payload", "own_limits",
]  # fmt: skip
