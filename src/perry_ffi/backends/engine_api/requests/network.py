"""Networks: which ones a container joins and as what, and networks and volumes themselves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.flavour import (
    DEFAULT_API,
    MANY_ENDPOINTS_API,
    ApiVersion,
    Flavour,
    check_labels,
    refuse_member,
)
from perry_ffi.backends.engine_api.requests.honoured import refuse_lacking, refuse_part
from perry_ffi.backends.engine_api.requests.volume_options import podman_options
from perry_ffi.backends.rules.network_options import PODMAN as PODMAN_OPTIONS
from perry_ffi.backends.rules.network_options import in_words_of
from perry_ffi.model.container_values import Attachment, is_built_in
from perry_ffi.model.host_values import is_alias
from perry_ffi.model.values import name as checked_name
from perry_ffi.model.values import network_name, plain_network_name, within

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.network import NetworkSpec, Subnet
    from perry_ffi.model.volume import VolumeSpec

INTERFACE_NAME_API: ApiVersion = (1, 49)
"""From here on docker takes names of interfaces. It has joined the networks in an order of chance since 1.48."""
INTERFACE_NAME = "com.docker.network.endpoint.ifname"
ENABLE_IPV4_API: ApiVersion = (1, 48)


@dataclass(frozen=True)
class NetworkPart:
    """What the networks of a container add: to the body, to its ``HostConfig``, and the calls after creation."""

    body: dict[str, Any] = field(default_factory=dict)
    host: dict[str, Any] = field(default_factory=dict)
    connect: tuple[tuple[str, dict[str, Any]], ...] = ()


def network_part(spec: ContainerSpec, flavour: Flavour, api: ApiVersion) -> NetworkPart:
    """The networks of ``spec``: the first (or ``spec.network``) is the container's mode, the others are joined.

    Podman would take all of them at creation, and number its interfaces as chance has it. So does docker from
    ``INTERFACE_NAME_API`` on, where each of several interfaces is given the name that its place in the order stands for.
    """
    joined = _attachments(spec, flavour)
    if not joined:
        mode = spec.network
        if mode == "default" and flavour == "podman":
            mode = "bridge"
        return NetworkPart(host={"NetworkMode": mode} if mode else {})
    many = flavour == "docker" and api >= MANY_ENDPOINTS_API
    every_mac = flavour == "podman" or many
    body: dict[str, Any] = {}
    if joined[0].mac_address and not every_mac:
        body["MacAddress"] = joined[0].mac_address
    endpoints = [(item.name, attachment_payload(item, flavour, mac=every_mac or index == 0)) for index, item in enumerate(joined)]
    if flavour == "docker" and api >= INTERFACE_NAME_API and len(endpoints) > 1:
        _number_interfaces(joined, [config for _, config in endpoints])
    at_creation = endpoints if many else endpoints[:1]
    body["NetworkingConfig"] = {"EndpointsConfig": dict(at_creation)}
    return NetworkPart(body, {"NetworkMode": joined[0].name}, tuple(endpoints[len(at_creation) :]))


def _number_interfaces(joined: list[Attachment], configs: list[dict[str, Any]]) -> None:
    """Names the interfaces that have no name of their own by their places."""
    said = {_own_name(item) for item in joined}
    free = (name for index in count() if (name := f"eth{index}") not in said)
    for item, config in zip(joined, configs, strict=True):
        options = config.get("DriverOpts", {})
        if not _own_name(item):
            config["DriverOpts"] = {**options, INTERFACE_NAME: next(free)}


def _own_name(item: Attachment) -> str:
    """What somebody calls its interface. Only a service has a member for it."""
    return getattr(item, "interface_name", "") or item.driver_opts.get(INTERFACE_NAME, "")


def _attachments(spec: ContainerSpec, flavour: Flavour) -> list[Attachment]:
    """With the aliases that hold on every network: on docker the host name is one by itself, on podman it has to be said."""
    joined = list(spec.networks)
    if spec.network and not is_built_in(spec.network):
        named = [item for item in joined if item.name == spec.network] or [Attachment(spec.network)]
        joined = named + [item for item in joined if item.name != spec.network]
    own = [spec.hostname] if flavour == "podman" and spec.hostname and is_alias(spec.hostname) else []
    everywhere = [*spec.aliases, *own]
    return [replace(item, aliases=tuple(dict.fromkeys((*item.aliases, *everywhere)))) for item in joined]


def attachment_payload(
    item: Attachment, flavour: Flavour, *, mac: bool, lacking: str = "its API sets one only on the first network"
) -> dict[str, Any]:
    """The ``EndpointConfig`` of ``item``. mac: whether the engine takes a MAC address here; lacking: why it does not.

    Raises Unsupported for a member that the engine would drop.
    """
    where = f"ContainerSpec.networks.{item.name}"
    refuse_part("attachment", item, where, flavour)
    config: dict[str, Any] = {}
    if item.aliases:
        config["Aliases"] = list(item.aliases)
    addresses = {"IPv4Address": item.ipv4_address, "IPv6Address": item.ipv6_address}
    ipam: dict[str, Any] = {key: value for key, value in addresses.items() if value}
    if item.link_local_ips:
        ipam["LinkLocalIPs"] = list(item.link_local_ips)
    if ipam:
        config["IPAMConfig"] = ipam
    if item.driver_opts:
        config["DriverOpts"] = dict(item.driver_opts)
    if item.mac_address:
        if not mac:
            refuse_member(f"{where}.mac_address", flavour, lacking)
        config["MacAddress"] = item.mac_address
    return config


def network_payload(name: str, spec: NetworkSpec, flavour: Flavour, api: ApiVersion = DEFAULT_API) -> dict[str, Any]:
    """The body of a network's create call; a name that is taken is refused by the engine."""
    check_labels(spec.labels, "NetworkSpec", flavour)
    if flavour == "podman":
        within("name", plain_network_name, name)
    refuse_lacking("NetworkSpec", spec, flavour, api)
    body: dict[str, Any] = {
        "Name": within("name", network_name, name),
        "CheckDuplicate": True,
        "Driver": spec.driver or "bridge",
        "Internal": spec.internal,
        "Attachable": spec.attachable,
        "EnableIPv6": spec.enable_ipv6,
    }
    if flavour == "docker" and api >= ENABLE_IPV4_API and spec.enable_ipv4 is not None:
        body["EnableIPv4"] = spec.enable_ipv4
    options = in_words_of(flavour, body["Driver"], spec.driver_opts)
    if flavour == "podman":
        options = {key: value for key, value in options.items() if key in PODMAN_OPTIONS}
    if options:
        body["Options"] = options
    if spec.labels:
        body["Labels"] = spec.labels
    if spec.ipam:
        ipam = {"Driver": spec.ipam.driver, "Options": dict(spec.ipam.options)}
        body["IPAM"] = {key: value for key, value in ipam.items() if value}
        body["IPAM"]["Config"] = [_pool(item) for item in spec.ipam.config]
    return body


def _pool(item: Subnet) -> dict[str, Any]:
    entry = {"Subnet": item.subnet, "IPRange": item.ip_range, "Gateway": item.gateway}
    pool: dict[str, Any] = {key: value for key, value in entry.items() if value}
    if item.aux_addresses:
        pool["AuxiliaryAddresses"] = dict(item.aux_addresses)
    return pool


def volume_payload(name: str, spec: VolumeSpec, flavour: Flavour) -> dict[str, Any]:
    """The body of a volume's create call. Both engines answer a name that exists with the old volume."""
    check_labels(spec.labels, "VolumeSpec", flavour)
    refuse_lacking("VolumeSpec", spec, flavour)
    body: dict[str, Any] = {"Name": checked_name(name), "Driver": spec.driver or "local"}
    if spec.driver_opts:
        body["DriverOpts"] = podman_options(spec.driver_opts) if flavour == "podman" else spec.driver_opts
    if spec.labels:
        body["Labels"] = spec.labels
    return body
