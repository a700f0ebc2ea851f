"""From an engine's description of networks and volumes to models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.responses.fields import listing, mapping, moment, reads, texts

if TYPE_CHECKING:
    from perry_ffi.model.network_info import NetworkInfo
    from perry_ffi.model.volume_info import VolumeInfo


@reads("a list of networks")
def parse_networks(document: Any) -> list[NetworkInfo]:
    """The answer of ``GET /networks``."""
    return [_network(item, raw=False) for item in listing(document)]


@reads("a network")
def parse_network(document: Any) -> NetworkInfo:
    """The answer of ``GET /networks/{name}``; kept whole in ``raw``."""
    return _network(document, raw=True)


def _network(item: Any, *, raw: bool) -> NetworkInfo:
    from perry_ffi.model.network_info import NetworkInfo

    pools = [mapping(pool) for pool in listing(mapping(item.get("IPAM")).get("Config"))]
    attached = mapping(item.get("Containers")) if raw else {}
    return NetworkInfo(
        id=item["Id"],
        name=item["Name"],
        driver=item["Driver"],
        internal=bool(item.get("Internal", False)),
        attachable=bool(item.get("Attachable", False)),
        enable_ipv6=bool(item.get("EnableIPv6", False)),
        subnets=[pool["Subnet"] for pool in pools if pool.get("Subnet")],
        gateways=[pool["Gateway"] for pool in pools if pool.get("Gateway")],
        labels=texts(item.get("Labels")),
        options=texts(item.get("Options")),
        created=moment(item.get("Created")),
        containers={ident: mapping(entry).get("Name") or "" for ident, entry in attached.items()},
        raw=dict(item) if raw else None,
    )


@reads("a list of volumes")
def parse_volumes(document: Any) -> list[VolumeInfo]:
    """The answer of ``GET /volumes``."""
    return [_volume(item, raw=False) for item in listing(document["Volumes"])]


@reads("a volume")
def parse_volume(document: Any) -> VolumeInfo:
    """The answer of ``GET /volumes/{name}`` or of its creation; kept whole in ``raw``."""
    return _volume(document, raw=True)


def _volume(item: Any, *, raw: bool) -> VolumeInfo:
    from perry_ffi.model.volume_info import VolumeInfo

    return VolumeInfo(
        name=item["Name"],
        driver=item["Driver"],
        mountpoint=item.get("Mountpoint") or "",
        created=moment(item.get("CreatedAt")),
        scope=item.get("Scope") or "",
        labels=texts(item.get("Labels")),
        options=texts(item.get("Options")),
        raw=dict(item) if raw else None,
    )
