"""From an engine's description of images to models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.responses.fields import listing, mapping, moment, reads, short_name, texts

if TYPE_CHECKING:
    from perry_ffi.model.image_info import ImageDetails, ImageInfo

_NONE = "<none>"


@reads("a list of images")
def parse_images(document: Any) -> list[ImageInfo]:
    """The answer of ``GET /images/json``: one entry for each name, one without a name for an image that has none."""
    return [entry for item in listing(document) for entry in _names(item)]


@reads("an image")
def parse_image(document: Any) -> ImageDetails:
    """The answer of ``GET /images/{name}/json``; kept whole in ``raw``."""
    from perry_ffi.model.image_info import ImageDetails

    config = mapping(document.get("Config"))
    pairs = [text.partition("=") for text in listing(config.get("Env"))]
    return ImageDetails(
        id=document["Id"],
        tags=[short_name(tag) for tag in _real(document.get("RepoTags"))],
        digests=[short_name(digest) for digest in _real(document.get("RepoDigests"))],
        size=document["Size"],
        created=moment(document.get("Created")),
        architecture=document.get("Architecture") or "",
        os=document.get("Os") or "",
        variant=document.get("Variant") or "",
        labels=texts(config.get("Labels")),
        env={name: value for name, _, value in pairs},
        cmd=listing(config.get("Cmd")),
        entrypoint=listing(config.get("Entrypoint")),
        user=config.get("User") or "",
        workdir=config.get("WorkingDir") or "",
        exposed_ports=sorted(mapping(config.get("ExposedPorts"))),
        volumes=sorted(mapping(config.get("Volumes"))),
        raw=dict(document),
        has_health_check=bool(config.get("Healthcheck") or document.get("HealthCheck")),
        tagged_at=moment(mapping(document.get("Metadata")).get("LastTagTime")),
    )


def matches_platform(image: ImageDetails, platform: str) -> bool:
    """Whether ``image`` is for ``os[/architecture[/variant]]``; a variant counts only where both name one."""
    system, *rest = platform.split("/")
    variant = rest[1:]
    return (
        image.os == system
        and (not rest or image.architecture == rest[0])
        and (not variant or not image.variant or image.variant == variant[0])
    )


def _names(item: Mapping[str, Any]) -> list[ImageInfo]:
    from perry_ffi.model.image_info import ImageInfo

    common = {"id": item["Id"], "size": item["Size"], "created": moment(item["Created"])}
    named = [short_name(tag).rpartition(":") for tag in _real(item.get("RepoTags"))]
    if named:
        return [ImageInfo(repository=repository, tag=tag, **common) for repository, _, tag in named]
    digests = _real(item.get("RepoDigests"))
    repository = short_name(digests[0]).partition("@")[0] if digests else _NONE
    return [ImageInfo(repository=repository, tag=_NONE, **common)]


def _real(names: Any) -> list[str]:
    return [name for name in listing(names) if _NONE not in name]
