"""What a registry holds, in memory: blobs, manifests, tags, and who refers to whom."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from typing import Any

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def encode(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


@dataclass
class Repository:
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


class Content:
    """By repository. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._repositories: dict[str, Repository] = {}

    def repository(self, name: str) -> Repository:
        with self._lock:
            return self._repositories.setdefault(name, Repository())

    def names(self) -> list[str]:
        with self._lock:
            return list(self._repositories)

    def put_blob(self, name: str, body: bytes) -> dict[str, Any]:
        """Its digest and size, for a descriptor."""
        self.repository(name).blobs[digest_of(body)] = body
        return {"digest": digest_of(body), "size": len(body)}

    def put_manifest(self, name: str, body: bytes, media_type: str, tag: str | None = None) -> str:
        """The digest. Without a tag it is there by its digest alone."""
        repository, digest = self.repository(name), digest_of(body)
        repository.manifests[digest] = (media_type, body)
        if tag is not None:
            repository.tags[tag] = digest
        return digest

    def manifest(self, name: str, version: str) -> tuple[str, str, bytes] | None:
        """Digest, media type and bytes of a tag or a digest."""
        repository = self.repository(name)
        digest = version if ":" in version else repository.tags.get(version, "")
        found = repository.manifests.get(digest)
        return None if found is None else (digest, *found)

    def referrers(self, name: str, digest: str) -> list[dict[str, Any]]:
        """The descriptors of what has ``digest`` for its subject, as the specification has the API list them."""
        rows = []
        for own, (media_type, body) in list(self.repository(name).manifests.items()):
            document = json.loads(body)
            if (document.get("subject") or {}).get("digest") != digest:
                continue
            kind = document.get("artifactType") or (document.get("config") or {}).get("mediaType")
            row = {"mediaType": media_type, "digest": own, "size": len(body), "artifactType": kind}
            if document.get("annotations"):
                row["annotations"] = document["annotations"]
            rows.append(row)
        return rows

    # -- what tests put there ---------------------------------------------------------------------

    def image(self, name: str, tag: str | None = None, *, layers: tuple[bytes, ...] = (b"a layer",), salt: str = "") -> str:
        """An image that no engine can run; its digest."""
        config = {"mediaType": "application/vnd.oci.image.config.v1+json", **self.put_blob(name, encode({"salt": salt}))}
        rows = [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **self.put_blob(name, layer)} for layer in layers]
        document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": rows}
        return self.put_manifest(name, encode(document), OCI_MANIFEST, tag)

    def referrer(
        self, name: str, subject: str, layer: bytes, *, media_type: str, artifact_type: str | None = None,
        annotations: dict[str, str] | None = None, fallback: bool = False, **more: Any,
    ) -> str:  # fmt: skip
        """An artifact with one layer that refers to an image. fallback: it is in the index under the tag, too. more: members instead."""
        document: dict[str, Any] = {
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": {"mediaType": EMPTY, **self.put_blob(name, b"{}")},
            "layers": [{"mediaType": media_type, **self.put_blob(name, layer)}],
            "subject": {"mediaType": OCI_MANIFEST, "digest": subject, "size": 1},
        }  # fmt: skip
        document |= {"artifactType": artifact_type} if artifact_type else {}
        document |= {"annotations": annotations} if annotations else {}
        body = encode(document | more)
        digest = self.put_manifest(name, body, OCI_MANIFEST)
        if fallback:
            row = {"mediaType": OCI_MANIFEST, "digest": digest, "size": len(body), "artifactType": EMPTY}
            self.fallback(name, subject, [row])
        return digest

    def fallback(self, name: str, subject: str, rows: list[dict[str, Any]]) -> None:
        """Adds rows to the index under the tag that stands for the API."""
        tag = subject.replace(":", "-", 1)
        there = self.manifest(name, tag)
        old = json.loads(there[2])["manifests"] if there else []
        self.put_manifest(name, encode({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": old + rows}), OCI_INDEX, tag)

    def simple_signing(self, name: str, subject: str, layers: list[tuple[bytes, dict[str, str]]]) -> str:
        """What cosign 2 writes beside an image: payloads, each with the annotations of its layer."""
        kind = "application/vnd.dev.cosign.simplesigning.v1+json"
        rows = [{"mediaType": kind, **self.put_blob(name, payload), "annotations": told} for payload, told in layers]
        config = {"mediaType": "application/vnd.oci.image.config.v1+json", **self.put_blob(name, b"{}")}
        document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": rows}
        return self.put_manifest(name, encode(document), OCI_MANIFEST, subject.replace(":", "-", 1) + ".sig")
