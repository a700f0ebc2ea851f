"""From a ServiceSpec to the JSON that an engine's create call takes.

Every member lands in the body, or is named: as Unsupported where the container would not be what the file says, else
as a warning beside the payload (in strict mode Unsupported, too).
"""

from __future__ import annotations

import os.path
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from perry_ffi.backends.declared import of_engine
from perry_ffi.backends.engine_api.flavour import DEFAULT_API, MANY_ENDPOINTS_API, ApiVersion, Flavour
from perry_ffi.backends.engine_api.requests.container import ContainerPayload, container_payload
from perry_ffi.backends.engine_api.requests.network import INTERFACE_NAME
from perry_ffi.backends.engine_api.requests.security import SeccompProfile
from perry_ffi.backends.engine_api.requests.service_mounts import service_mounts
from perry_ffi.backends.rules.evaluation import Evaluator, Shortfall
from perry_ffi.backends.rules.service import SERVICE
from perry_ffi.backends.rules.tmpfs import for_own_user
from perry_ffi.errors import NotFound, ValidationError
from perry_ffi.model.host_values import is_alias

if TYPE_CHECKING:
    from perry_ffi.model.container_values import Attachment
    from perry_ffi.model.ports import Port
    from perry_ffi.model.service import ServiceSpec
    from perry_ffi.model.service_values import BlkioConfig


class ServicePayload(NamedTuple):
    """What to send, and what of the spec is not in it."""

    payload: ContainerPayload
    warnings: tuple[Shortfall, ...] = ()


def service_payload(
    spec: ServiceSpec,
    flavour: Flavour,
    *,
    api: ApiVersion = DEFAULT_API,
    strict: bool = False,
    seccomp: SeccompProfile | None = None,
    directory: Path | None = None,
    release: tuple[int, int] | None = None,
) -> ServicePayload:
    """The payload of ``spec`` for an engine of ``flavour`` that speaks ``api``.

    strict: whether a warning is an error. seccomp, directory, release: as ``container_payload``. Raises Unsupported with the
    member's path in the service, ValidationError for members that contradict each other.
    """
    rules = _rules(flavour, api)
    warnings = rules.warnings(spec, strict=strict)
    spec = _for_engine(rules.without(spec), flavour)
    mounts, plain = service_mounts(spec, flavour, directory)
    payload = container_payload(plain, flavour, api=api, seccomp=seccomp, directory=directory, release=release)
    body, host = payload.body, payload.body["HostConfig"]
    body |= _body(spec)
    if spec.mac_address:
        _own_address(body, spec.mac_address, in_endpoint=flavour == "docker" and api >= MANY_ENDPOINTS_API)
    body["ExposedPorts"] = body.get("ExposedPorts", {}) | {port: {} for port in spec.expose}
    if not body["ExposedPorts"]:
        del body["ExposedPorts"]
    if spec.env_unset:
        if flavour == "podman":  # It would take the word for the host's variable.
            body["UnsetEnv"] = list(spec.env_unset)
        else:
            body["Env"] = [*body.get("Env", []), *spec.env_unset]
    if mounts:
        host["Mounts"] = [*host.get("Mounts", []), *mounts]
    host |= _limits(spec) | _namespaces(spec) | _rest(spec)
    if spec.cdi_devices:
        request = {"Driver": "cdi", "DeviceIDs": spec.cdi_devices}
        host["DeviceRequests"] = [*host.get("DeviceRequests", []), request]
    endpoints = {item.name: item for item in spec.networks}
    _endpoints(body.get("NetworkingConfig", {}).get("EndpointsConfig", {}), endpoints)
    for name, endpoint in payload.connect:
        _endpoints({name: endpoint}, endpoints)
    return ServicePayload(payload, tuple(warnings))


@lru_cache(maxsize=8)
def _rules(flavour: Flavour, api: ApiVersion) -> Evaluator[ServiceSpec]:
    return Evaluator(SERVICE, of_engine(flavour, api), flavour)


# -- emulation --------------------------------------------------------------------------------------


def _for_engine(spec: ServiceSpec, flavour: Flavour) -> ServiceSpec:
    if flavour != "podman":
        return spec
    return spec.model_copy(
        update={
            "ports": [_own_port(port, spec.port_index, index) for index, port in enumerate(spec.ports)],
            "networks": [_with_link_names(item) for item in spec.networks],
            "volumes_from": [_shared_label(source) for source in spec.volumes_from],
            "tmpfs": {path: for_own_user(options, spec.user) for path, options in spec.tmpfs.items()},
        }
    )


def _shared_label(source: str) -> str:
    """Volumes of another container are shared with it: podman knows no ``Z`` for them, and no reason for one."""
    name, sign, mode = source.partition(":")
    return name + sign + ",".join("z" if option == "Z" else option for option in mode.split(","))


def _own_port(port: Port, replica: int, index: int) -> Port:
    """One port of a range: the replica's own."""
    if "-" not in port.published:
        return port
    low, high = (int(number) for number in port.published.split("-"))
    if low + replica > high:
        where = f"ports[{index}].published"
        expected = f"a range of at least {replica + 1} ports, one for each replica"
        raise ValidationError(f"{where}: expected {expected}", path=where, expected=expected)
    return replace(port, published=str(low + replica))


def _with_link_names(item: Attachment) -> Attachment:
    names = tuple(name for name in getattr(item, "linked_as", ()) if is_alias(name))
    links: Any = {"links": ()} if getattr(item, "links", ()) else {}
    return replace(item, aliases=tuple(dict.fromkeys((*item.aliases, *names))), **links) if names or links else item


def unchecked_sources(spec: ServiceSpec, flavour: Flavour) -> Iterator[tuple[str, str]]:
    """Path in the service and source of the bind mounts whose missing source the engine would create unasked."""
    for index, mount in enumerate(spec.volumes):
        if mount.type == "bind" and not mount.create_host_path and (flavour == "podman" or mount.selinux):
            yield f"volumes[{index}].source", mount.source


def check_sources(spec: ServiceSpec, flavour: Flavour) -> None:
    """Looks for the sources that the engine would create unasked; blocking. Raises NotFound for a missing one."""
    for where, source in unchecked_sources(spec, flavour):
        if not os.path.lexists(source):
            remedy = "create it, or set bind.create_host_path"
            message = f"create the container {spec.name}: {where}: there is no {source}"
            raise NotFound(message, path=where, file=source, remedy=remedy)


# -- the document -----------------------------------------------------------------------------------


def _body(spec: ServiceSpec) -> dict[str, Any]:
    members = {
        "Domainname": spec.domainname,
        "Tty": spec.tty,
        "OpenStdin": spec.stdin_open,
        "StdinOnce": spec.stdin_once or None,
    }
    return _said(members)


def _own_address(body: dict[str, Any], address: str, *, in_endpoint: bool) -> None:
    """The MAC address of a container whose network is a mode. Docker knows no place for it but the endpoint's from 1.52 on."""
    if not in_endpoint:
        body["MacAddress"] = address
        return
    mode = body["HostConfig"].get("NetworkMode") or "default"
    configs = body.setdefault("NetworkingConfig", {}).setdefault("EndpointsConfig", {})
    configs.setdefault(mode, {})["MacAddress"] = address


def _limits(spec: ServiceSpec) -> dict[str, Any]:
    numbers = {
        "CpuShares": spec.cpu_shares,
        "CpuQuota": spec.cpu_quota,
        "CpuPeriod": spec.cpu_period,
        "CpuRealtimePeriod": spec.cpu_rt_period,
        "CpuRealtimeRuntime": spec.cpu_rt_runtime,
        "MemoryReservation": spec.mem_reservation,
        "MemorySwap": spec.memswap_limit,
        "MemorySwappiness": spec.mem_swappiness,
        "OomScoreAdj": spec.oom_score_adj,
    }
    found = {name: number for name, number in numbers.items() if number is not None}
    found |= _said({"CpusetCpus": spec.cpuset, "OomKillDisable": spec.oom_kill_disable})
    return found | (_blkio(spec.blkio_config) if spec.blkio_config else {})


def _blkio(config: BlkioConfig) -> dict[str, Any]:
    found: dict[str, Any] = {
        "BlkioWeight": config.weight,
        "BlkioWeightDevice": [{"Path": path, "Weight": weight} for path, weight in config.weight_device.items()],
    }
    for name, rates in (
        ("BlkioDeviceReadBps", config.device_read_bps),
        ("BlkioDeviceWriteBps", config.device_write_bps),
        ("BlkioDeviceReadIOps", config.device_read_iops),
        ("BlkioDeviceWriteIOps", config.device_write_iops),
    ):
        found[name] = [{"Path": path, "Rate": rate} for path, rate in rates.items()]
    return _said(found)


def _namespaces(spec: ServiceSpec) -> dict[str, Any]:
    members = {
        "PidMode": spec.pid,
        "IpcMode": spec.ipc,
        "UTSMode": spec.uts,
        "CgroupnsMode": spec.cgroup,
        "CgroupParent": spec.cgroup_parent,
        "UsernsMode": spec.userns_mode,
    }
    return _said(members)


def _rest(spec: ServiceSpec) -> dict[str, Any]:
    logging = {"Type": spec.logging.driver, "Config": dict(spec.logging.options)} if spec.logging else {}
    members = {
        "GroupAdd": spec.group_add,
        "DeviceCgroupRules": spec.device_cgroup_rules,
        "StorageOpt": spec.storage_opt,
        "LogConfig": logging,
        "Annotations": spec.annotations,
        "DnsOptions": spec.dns_opt,
        "DnsSearch": spec.dns_search,
        "Links": spec.links,
        "VolumesFrom": spec.volumes_from,
        "Isolation": spec.isolation,
    }
    return _said(members)


def _said(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value}


def _endpoints(configs: dict[str, dict[str, Any]], items: Mapping[str, Attachment]) -> None:
    """Adds to each endpoint what only a service says of it."""
    for name, config in configs.items():
        item = items.get(name)
        links = (*getattr(item, "links", ()), *getattr(item, "external_links", ()))
        priority = getattr(item, "gw_priority", None)
        if links:
            config["Links"] = list(links)
        if priority is not None:
            config["GwPriority"] = priority
        if interface := getattr(item, "interface_name", ""):
            options = config.setdefault("DriverOpts", {})
            options[INTERFACE_NAME] = interface


__all__ = ["ServicePayload", "check_sources", "service_payload", "unchecked_sources"]
