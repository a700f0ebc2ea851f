"""Which networks a container joins, as what, and which namespaces it shares with another container."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from perry_ffi.errors import NotFound
from perry_ffi.model import host_values as host
from perry_ffi.model import ports as port_values
from perry_ffi.model import service_values, values
from perry_ffi.model.service_values import ServiceAttachment
from perry_ffi.stack import identity
from perry_ffi.stack.translate.document import Readers, entries, mapping, project_name, read, service_of, shown, wrong
from perry_ffi.stack.translate.names import (
    Containers,
    Linked,
    containers_of,
    default_aliases,
    object_name,
)

_NAMES: Readers = {
    "dns": ("dns", lambda value: values.list_of(host.name_server)([value] if isinstance(value, str) else value)),
    "dns_opt": ("dns_opt", values.words),
    "dns_search": ("dns_search", lambda value: values.words([value] if isinstance(value, str) else value)),
    "extra_hosts": ("extra_hosts", host.extra_hosts),
    "expose": ("expose", lambda value: _exposed(value)),
}
_ENDPOINT: dict[str, Callable[[Any], Any]] = {
    "aliases": host.aliases,
    "ipv4_address": values.ip,
    "ipv6_address": values.ip,
    "link_local_ips": lambda value: tuple(values.list_of(values.ip)(value)),
    "mac_address": host.mac_address,
    "driver_opts": values.text_map,
    "interface_name": values.word,
    "priority": values.integer(-(2**31), 2**31),
    "gw_priority": values.integer(-(2**31), 2**31),
}


def _endpoint(value: Any) -> dict[str, Any]:
    return values.members(value, _ENDPOINT)


_PORT = ("target", "published", "host_ip", "protocol")


def _exposed(value: Any) -> list[str]:
    """What is a port of ``expose``: docker notes whatever stands there, and nothing follows from it (``compose.advice`` tells)."""
    return [service_values.exposed(item) for item in values.words(value) if service_values.is_exposed(item)]


def networking(
    project: Mapping[str, Any],
    service: str,
    *,
    name: str,
    networks: Mapping[str, str] | None,
    containers: Containers | None,
    linked: Linked,
    use_aliases: bool,
) -> dict[str, Any]:
    """Members of the spec that say where the container is on the net, and which namespaces it shares."""
    document, where = service_of(project, service), f"services.{service}"
    found = read(document, where, _NAMES)
    found["ports"] = ports(document, where)
    for member in ("pid", "ipc"):
        if document.get(member):
            found[member] = namespace(project, document[member], f"{where}.{member}", containers)
    if not service_values.is_shared(found.get("pid")):
        found.pop("pid", None)
    if mode := document.get("network_mode") or _without_networks(project, document):
        found["network"] = namespace(project, "none" if mode == "disabled" else mode, f"{where}.network_mode", containers)
        found |= read(document, where, {"mac_address": ("mac_address", host.mac_address)})
        found["links"] = links(project, service, containers) + external_links(project, service)
        return found
    joined = _with_mac(_endpoints(project, service, name, networks, linked, use_aliases), document, where)
    pairs, others = tuple(links(project, service, containers)), tuple(external_links(project, service))
    return found | {"networks": [replace(item, links=pairs, external_links=others) for item in joined]}


def _without_networks(project: Mapping[str, Any], service: Mapping[str, Any]) -> str:
    """``none`` for a service that names no network where the project has no implicit one: its ``network_mode`` is empty."""
    declared = mapping(project.get("networks"), "networks")
    return "" if service.get("networks") or "default" in declared else "none"


def ports(service: Mapping[str, Any], where: str) -> list[port_values.Port]:
    """Published ports. ``name`` and ``app_protocol`` are for readers, ``mode`` is for swarms: no engine takes them.

    Nobody listens on the container's port 0, which canonical documents leave out: it is not published.
    """
    found: list[port_values.Port] = []
    for index, item in enumerate(entries(service.get("ports"), f"{where}.ports")):
        known = {key: item.get(key) for key in _PORT if item.get(key) is not None} if isinstance(item, Mapping) else item
        if isinstance(known, Mapping) and not known.get("target"):
            continue
        found += values.within(f"{where}.ports[{index}]", port_values.port, known)
    return list(dict.fromkeys(found))


def namespace(project: Mapping[str, Any], value: Any, where: str, containers: Containers | None) -> str:
    """``service:<name>`` as ``container:`` and that service's first container; anything else as it is."""
    text = values.within(where, values.word, value)
    kind, sign, rest = text.partition(":")
    if kind == "service" and sign:
        return "container:" + _first(project, rest, where, containers)
    if kind == "container" and sign:
        return "container:" + values.within(where, values.name, rest)
    return text


def _first(project: Mapping[str, Any], service: str, where: str, containers: Containers | None) -> str:
    try:
        return containers_of(project, service, containers)[0]
    except NotFound:
        raise NotFound(f"{where}: there is no service {shown(service)}", path=where, service=service) from None


def links(project: Mapping[str, Any], service: str, containers: Containers | None) -> list[str]:
    """``container:alias`` for every container of every linked service, under its alias and its own two names."""
    where, found = f"services.{service}.links", []
    for index, item in enumerate(entries(service_of(project, service).get("links"), where)):
        target, _, alias = values.within(f"{where}[{index}]", values.word, item).partition(":")
        _first(project, target, f"{where}[{index}]", containers)
        for number, container in enumerate(containers_of(project, target, containers), 1):
            names = (alias or target, f"{target}-{number}", identity.container_name(project_name(project), target, number))
            found += [values.within(f"{where}[{index}]", service_values.link, f"{container}:{known}") for known in names]
    return list(dict.fromkeys(found))


def external_links(project: Mapping[str, Any], service: str) -> list[str]:
    """``container:alias`` of containers that are not the project's."""
    where = f"services.{service}.external_links"
    found = entries(service_of(project, service).get("external_links"), where)
    return [values.within(f"{where}[{index}]", service_values.link, item) for index, item in enumerate(found)]


def volumes_from(project: Mapping[str, Any], service: str, containers: Containers | None) -> list[str]:
    """``<container>[:mode]`` for ``<service>[:mode]`` and ``container:<name>[:mode]``; a mode that engines do not know is none."""
    where, found = f"services.{service}.volumes_from", []
    for index, item in enumerate(entries(service_of(project, service).get("volumes_from"), where)):
        at = f"{where}[{index}]"
        source, _, mode = values.within(at, values.word, item).partition(":")
        if source == "container":
            source, _, mode = mode.partition(":")
        else:
            source = _first(project, source, at, containers)
        known = f"{source}:{mode}" if service_values.is_volume_mode(mode) else source
        found.append(values.within(at, service_values.volume_source, known))
    return list(dict.fromkeys(found))


def _endpoints(
    project: Mapping[str, Any],
    service: str,
    name: str,
    networks: Mapping[str, str] | None,
    linked: Linked,
    use_aliases: bool,
) -> list[ServiceAttachment]:
    """One for each network, the one of the highest priority first."""
    where = f"services.{service}.networks"
    document = service_of(project, service).get("networks")
    if document is None:
        document = {"default": None}
    found: list[tuple[str, ServiceAttachment]] = []
    for key, entry in mapping(document, where).items():
        options = values.within(f"{where}.{key}", _endpoint, mapping(entry, f"{where}.{key}"))
        known = networks[key] if networks and key in networks else object_name(project, "networks", key)
        aliases = [name] if not use_aliases else default_aliases(project, service, name) + options.pop("aliases", [])
        options.pop("aliases", None)
        options |= {"aliases": tuple(dict.fromkeys(aliases)), "linked_as": linked.get((service, key), ())}
        found.append((key, ServiceAttachment(name=known, key=key, **options)))
    found.sort(key=lambda item: (-item[1].priority, item[0]))
    joined: dict[str, ServiceAttachment] = {}
    for _, item in found:
        joined[item.name] = _both(joined[item.name], item) if item.name in joined else item
    return list(joined.values())


def _both(one: ServiceAttachment, other: ServiceAttachment) -> ServiceAttachment:
    """One endpoint on a network that two keys name: with the names of both, and what the later one says."""
    said = {member: getattr(other, member) or getattr(one, member) for member in _ENDPOINT if hasattr(one, member)}
    names = {
        member: tuple(dict.fromkeys((*getattr(one, member), *getattr(other, member)))) for member in ("aliases", "linked_as")
    }
    return replace(one, **{**said, **names, "priority": one.priority})


def _with_mac(joined: list[ServiceAttachment], service: Mapping[str, Any], where: str) -> list[ServiceAttachment]:
    """The service's own MAC address is the first endpoint's."""
    if not service.get("mac_address") or not joined:
        return joined
    address = values.within(f"{where}.mac_address", host.mac_address, service["mac_address"])
    if joined[0].mac_address not in ("", address):
        wrong(f"{where}.mac_address", "the MAC address of its first network, where both are given")
    return [replace(joined[0], mac_address=address), *joined[1:]]


__all__ = ["external_links", "links", "namespace", "networking", "ports", "volumes_from"]
