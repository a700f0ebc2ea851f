"""Networks, volumes, images, a sample of use, and the engine itself, as it tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from perry_ffi.backends.apple import labels
from perry_ffi.backends.apple.responses.fields import items, of, reads, texts
from perry_ffi.model.image_info import ImageDetails, ImageInfo
from perry_ffi.model.network_info import NetworkInfo
from perry_ffi.model.reference import parse_reference
from perry_ffi.model.volume_info import VolumeInfo

_MODES = {"nat": False, "hostOnly": True}
VMNET = "container-network-vmnet"


@reads("a network")
def network(row: Mapping[str, Any]) -> NetworkInfo:
    """Its own plugin is what other engines call a bridge."""
    configuration, status = of(row, "configuration"), of(row, "status")
    plugin = configuration.get("plugin") or VMNET
    subnets = [status[name] for name in ("ipv4Subnet", "ipv6Subnet") if status.get(name)]
    return NetworkInfo(
        id=row["id"],
        name=configuration["name"],
        driver="bridge" if plugin == VMNET else plugin,
        internal=_MODES[configuration["mode"]],
        enable_ipv6=bool(status.get("ipv6Subnet")),
        subnets=subnets,
        gateways=[status["ipv4Gateway"]] if status.get("ipv4Gateway") else [],
        labels=texts(configuration, "labels"),
        options=texts(configuration, "options"),
        created=configuration.get("creationDate") or "",
        raw=dict(row),
    )


@reads("a volume")
def volume(row: Mapping[str, Any]) -> VolumeInfo:
    configuration = of(row, "configuration")
    marks = texts(configuration, "labels")
    return VolumeInfo(
        name=configuration["name"],
        driver=configuration["driver"],
        mountpoint=configuration.get("source") or "",
        created=configuration.get("creationDate") or "",
        scope="local",
        labels={name: value for name, value in marks.items() if name != labels.ANONYMOUS},
        options=texts(configuration, "options"),
        raw=dict(row),
    )


def _variant(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What there is for this machine: of several the one that this machine runs, and no attestation."""
    found = [item for item in items(row, "variants") if of(item, "platform").get("os") == "linux"]
    native = [item for item in found if of(item, "platform").get("architecture") == "arm64"]
    return next(iter([*native, *found]), {})


@reads("an image")
def image(row: Mapping[str, Any]) -> ImageDetails:
    """Its id is the digest of its index, as it is a container's image."""
    configuration, variant = of(row, "configuration"), _variant(row)
    platform, config = of(variant, "platform"), of(of(variant, "config"), "config")
    pairs = [text.partition("=") for text in items(config, "Env")]
    name, digest = configuration["name"], of(configuration, "descriptor")["digest"]
    return ImageDetails(
        id=f"sha256:{row['id'].removeprefix('sha256:')}",
        tags=[parse_reference(name).familiar] if "@" not in name else [],
        digests=[f"{parse_reference(name).repository}@{digest}"],
        size=variant.get("size", 0),
        created=configuration.get("creationDate") or "",
        architecture=platform.get("architecture") or "",
        os=platform.get("os") or "",
        variant=platform.get("variant") or "",
        labels=texts(config, "Labels"),
        env={key: value for key, _, value in pairs},
        cmd=list(items(config, "Cmd")),
        entrypoint=list(items(config, "Entrypoint")),
        user=config.get("User") or "",
        workdir=config.get("WorkingDir") or "",
        raw=dict(row),
    )


@reads("an image")
def listed_image(row: Mapping[str, Any]) -> ImageInfo:
    """One name of one image."""
    found = image(row)
    reference = parse_reference(of(row, "configuration")["name"])
    familiar = reference.familiar
    tag = reference.tag or ("<none>" if reference.digest else "latest")
    repository = familiar.partition("@")[0].removesuffix(f":{reference.tag}" if reference.tag else "")
    return ImageInfo(id=found.id, repository=repository, tag=tag, size=found.size, created=found.created)


class Sample(NamedTuple):
    """One sample of what a container uses. cpu: microseconds of work since its start."""

    cpu: int
    memory: int
    memory_limit: int
    received: int
    sent: int
    read: int
    written: int
    processes: int


@reads("a container's use")
def sample(row: Mapping[str, Any]) -> Sample:
    """What it cannot tell is left out there, and 0 here."""
    names = (
        "cpuUsageUsec", "memoryUsageBytes", "memoryLimitBytes", "networkRxBytes", "networkTxBytes", "blockReadBytes",
        "blockWriteBytes", "numProcesses",
    )  # fmt: skip
    return Sample(*(int(row.get(name) or 0) for name in names))


class System(NamedTuple):
    """The engine's service. state: ``running``, or its word for why not. root: where it keeps everything."""

    state: str
    root: str
    version: str


@reads("the engine's state")
def system(row: Mapping[str, Any]) -> System:
    """``system status``; the version is the last word of a longer text that is a number."""
    said = str(row.get("apiServerVersion") or "").split()
    version = next((word for word in said if word[0].isdigit()), "")
    state = row["status"]
    if not isinstance(state, str):
        raise TypeError("status is no text")
    return System(state, str(row.get("appRoot") or ""), version)


__all__ = ["Sample", "System", "image", "listed_image", "network", "sample", "system", "volume"]
