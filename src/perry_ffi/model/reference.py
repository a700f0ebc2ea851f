"""Image references as the registries' tools read them: ``[registry/]repository[:tag][@digest]``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from perry_ffi.model.values import bad

DEFAULT_REGISTRY = "docker.io"
_EXPECTED = "an image such as alpine:3.20 or registry.example.com/team/app@sha256:…"
_MAX = 4096
_DOMAIN_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_DOMAIN_LABEL}(?:\.{_DOMAIN_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?\Z"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*\Z"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z"
_DIGEST = r"sha256:[0-9a-f]{64}\Z|sha384:[0-9a-f]{96}\Z|sha512:[0-9a-f]{128}\Z"
_ID = r"(?:sha256:)?[0-9a-f]{64}\Z"


@dataclass(frozen=True)
class ImageReference:
    """A reference with its registry filled in (``alpine`` is ``docker.io``, ``library/alpine``)."""

    registry: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def repository(self) -> str:
        """Registry and path: what a registry's credentials and ``X-Registry-Auth`` are looked up by."""
        return f"{self.registry}/{self.path}"

    @property
    def tag_or_latest(self) -> str:
        """The tag that is meant: ``latest`` where neither a tag nor a digest is written."""
        return self.tag or ("" if self.digest else "latest")

    @property
    def version(self) -> str:
        """What an engine's pull is told beside the repository: the digest, else the tag."""
        return self.digest or self.tag_or_latest

    def __str__(self) -> str:
        """The full reference, tag and digest as written."""
        return self.repository + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    @property
    def familiar(self) -> str:
        """The short form that people write: without ``docker.io`` and ``library/``."""
        text = str(self)
        if self.registry != DEFAULT_REGISTRY:
            return text
        short = self.path.removeprefix("library/")
        return (short if "/" not in short else self.path) + text[len(self.repository) :]


def is_tag(text: str) -> bool:
    """Whether ``text`` can be a tag."""
    return bool(re.match(_TAG, text))


def is_image_id(text: str) -> bool:
    """Whether ``text`` is a whole image id (``sha256:`` and 64 hex digits, or the digits alone)."""
    return bool(re.match(_ID, text))


def parse_reference(value: Any) -> ImageReference:
    """The parts of ``value``, with the registry and ``library/`` filled in.

    Raises ValidationError for what is no reference: capitals in the path, a bad tag, an id.
    """
    if not isinstance(value, str) or not 0 < len(value) <= _MAX or is_image_id(value):
        bad(_EXPECTED, value)
    rest, sign, digest = value.partition("@")
    if sign and not re.match(_DIGEST, digest):
        bad("a digest such as sha256: and 64 hex digits", value)
    head, slash, last = rest.rpartition("/")
    last, sign, tag = last.partition(":")
    if sign and not re.match(_TAG, tag):
        bad("a tag of letters, digits and _.-, at most 128", value)
    registry, path = _split_registry(head + slash + last)
    if not re.match(_DOMAIN, registry) or len(path) > 255 or not all(re.match(_COMPONENT, part) for part in path.split("/")):
        bad(_EXPECTED, value)
    return ImageReference(registry, path, tag, digest)


def _split_registry(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        registry, path = DEFAULT_REGISTRY, text
    else:
        registry, path = first, rest
    if registry == "index.docker.io":
        registry = DEFAULT_REGISTRY
    if registry == DEFAULT_REGISTRY and "/" not in path:
        path = f"library/{path}"
    return registry, path


def default_name(image: str) -> str:
    """The name of a container that nobody named: ``{first 8 hex of md5(image)}-{8 random hex}``."""
    import hashlib
    import secrets

    return f"{hashlib.md5(image.encode(), usedforsecurity=False).hexdigest()[:8]}-{secrets.token_hex(4)}"


def image(value: Any) -> str:
    """An image to run or to ask about, as it was written: a reference, or a whole image id."""
    if isinstance(value, str) and is_image_id(value):
        return value
    parse_reference(value)
    return str(value)
