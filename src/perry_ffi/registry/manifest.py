"""What a registry answers: manifests with their bytes, and descriptors of what belongs to them.

OCI image specification 1.1, "descriptor", "image manifest" and "image index". Pure: nothing here asks anybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
IMAGES = (OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST)
"""The media types of what a tag of an image may name."""

MAX_DEPTH = 64
"""Of a document; the ones of the specification have less than ten levels."""


class Unreadable(ValueError):
    """Bytes that are not the document they are said to be. The message says why, without any of their text."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One row of a manifest or of an index. size: as it is written there, for what is to be read is not known yet."""

    media_type: str
    digest: str
    size: int
    artifact_type: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest or an index. digest: of ``body``, and proven. media_type: as the registry says, without parameters."""

    digest: str
    media_type: str
    body: bytes = field(repr=False)

    def document(self) -> Mapping[str, Any]:
        """Raises Unreadable."""
        return document(self.body)


def document(text: bytes) -> Mapping[str, Any]:
    """The JSON object that ``text`` is. Raises Unreadable: no JSON, a member twice, too deep, not an object."""
    try:
        found = json.loads(text, object_pairs_hook=_members, parse_constant=_constant)
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("it is not a JSON object")
    return found


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("it has a member twice")
    return found


def _constant(name: str) -> Any:
    raise Unreadable(f"it has {name}")


def descriptors(rows: Any, *, at_most: int | None = None) -> list[Descriptor]:
    """The descriptors of a ``manifests`` or ``layers``. at_most: the first so many alone. Raises Unreadable."""
    if not isinstance(rows, list):
        raise Unreadable("it has no list of descriptors")
    return [_descriptor(row) for row in (rows if at_most is None else rows[:at_most])]


def _descriptor(row: Any) -> Descriptor:
    if not isinstance(row, dict):
        raise Unreadable("one of its descriptors is not an object")
    media_type, digest, size = row.get("mediaType"), row.get("digest"), row.get("size")
    artifact_type, annotations = row.get("artifactType"), row.get("annotations")
    if not isinstance(media_type, str) or not isinstance(digest, str) or isinstance(size, bool) or not isinstance(size, int):
        raise Unreadable("one of its descriptors lacks mediaType, digest or size")
    if artifact_type is not None and not isinstance(artifact_type, str):
        raise Unreadable("the artifactType of one of its descriptors is not text")
    return Descriptor(media_type, digest, size, artifact_type, texts(annotations))


def texts(annotations: Any) -> dict[str, str]:
    """The annotations of a descriptor or a manifest; none where there are none. Raises Unreadable."""
    if annotations is None:
        return {}
    if not isinstance(annotations, dict) or not all(isinstance(value, str) for value in annotations.values()):
        raise Unreadable("its annotations are not text")
    return annotations


def subject_of(manifest: Mapping[str, Any]) -> str | None:
    """The digest of what a manifest refers to. Raises Unreadable."""
    subject: object = manifest.get("subject")
    if subject is None:
        return None
    return _descriptor(subject).digest


def list_of(rows: Sequence[Descriptor], media_type: str) -> list[Descriptor]:
    """The descriptors of that media type."""
    return [row for row in rows if row.media_type == media_type]
