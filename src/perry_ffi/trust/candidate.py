"""What of a registry's lists may be a signature of an image, and where in it the signature is. Pure: nothing here asks anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perry_ffi.registry.digests import is_digest
from perry_ffi.registry.manifest import OCI_MANIFEST, Descriptor, Unreadable, descriptors, subject_of, texts
from perry_ffi.trust.refusal import NotEvidence, Reason

MAX_CANDIDATES = 32
"""That are read, of each format."""
MAX_MANIFEST = 64 * 1024
"""Bytes of a manifest that refers to an image."""
MAX_EVIDENCE = 1024 * 1024

SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
BUNDLE_LAYERS = ("application/vnd.dev.sigstore.bundle.v0.3+json", "application/vnd.dev.sigstore.bundle+json;version=0.3")
_BUNDLES = "application/vnd.dev.sigstore.bundle"
_NOTARY = "application/vnd.cncf.notary.signature"
_EMPTY = (None, "", "application/vnd.oci.empty.v1+json")
"""What cosign's own index under the tag has for an artifact type: such rows have to be read to know what they are."""
_PREDICATE, _SIGN = "dev.sigstore.bundle.predicateType", "https://sigstore.dev/cosign/sign/v1"


@dataclass(frozen=True, slots=True)
class RefusedCandidate:
    """What is with the image and no evidence. format: as evidence has it, or what it is instead (``notary``, say)."""

    id: str
    format: str
    reason: Reason
    message: str


class Foreign(Exception):
    """What refers to the image and has nothing to do with signatures."""


def sorted_out(rows: Sequence[Descriptor]) -> tuple[list[Descriptor], list[RefusedCandidate]]:
    """Of what refers to an image: what may be a bundle with a signature, the likely ones first; and what says that it is another thing."""
    fitting: dict[str, Descriptor] = {}
    refused: dict[str, RefusedCandidate] = {}
    for row in rows:
        if (reason := _refusal(row)) is not None:
            refused.setdefault(row.digest, reason)
        elif row.media_type == OCI_MANIFEST and (row.artifact_type in _EMPTY or _is_bundle(row.artifact_type)):
            fitting.setdefault(row.digest, row)
    return sorted(fitting.values(), key=lambda row: not _is_bundle(row.artifact_type)), list(refused.values())


def _refusal(row: Descriptor) -> RefusedCandidate | None:
    kind = row.artifact_type or ""
    if kind.startswith(_NOTARY):
        return RefusedCandidate(row.digest, "notary", "unsigned", "a Notary signature, which is not looked at")
    if (kind and not _is_bundle(kind) and kind not in _EMPTY) or row.media_type != OCI_MANIFEST:
        return None
    if not is_digest(row.digest):
        return RefusedCandidate(row.digest[:140], "bundle", "malformed", "it is listed with a digest that is none")
    predicate = row.annotations.get(_PREDICATE, _SIGN)
    if predicate != _SIGN:
        return RefusedCandidate(row.digest, "bundle", "attestation", f"an attestation ({predicate[:200]}), which signs no image")
    if row.size > MAX_MANIFEST:
        return RefusedCandidate(row.digest, "bundle", "tooLarge", f"its manifest has more than {MAX_MANIFEST} bytes")
    return None


def _is_bundle(kind: str | None) -> bool:
    return kind is not None and kind.startswith(_BUNDLES)


def bundle_layer(manifest: Mapping[str, Any], digest: str) -> Descriptor:
    """Where the bundle of a referrer is. digest: of the image. Raises NotEvidence, Foreign, Unreadable."""
    layers = descriptors(manifest.get("layers"), at_most=1)
    kind = manifest.get("artifactType")
    if not layers or not (_is_bundle(layers[0].media_type) or (isinstance(kind, str) and _is_bundle(kind))):
        raise Foreign
    subject = subject_of(manifest)
    if subject != digest:
        raise NotEvidence("otherImage", f"it refers to {'no image' if subject is None else 'another image'}")
    predicate = texts(manifest.get("annotations")).get(_PREDICATE, _SIGN)
    if predicate != _SIGN:
        raise NotEvidence("attestation", f"an attestation ({predicate[:200]}), which signs no image")
    if layers[0].media_type not in BUNDLE_LAYERS:
        raise NotEvidence("malformed", f"a bundle of another version ({layers[0].media_type[:200]})")
    return layers[0]


def signature_layers(manifest: Mapping[str, Any]) -> list[Descriptor]:
    """Where the payloads under cosign 2's tag are, with the annotations that have the signatures. Raises Unreadable."""
    layers = manifest.get("layers")
    if not isinstance(layers, list):
        raise Unreadable("it has no layers")
    return [row for row in descriptors(layers) if row.media_type == SIMPLE_SIGNING]


def signature_tag(digest: str) -> str | None:
    """cosign 2's tag for the signatures of ``digest``; None where that is longer than a tag may be."""
    tag = f"{digest.replace(':', '-', 1)}.sig"
    return tag if len(tag) <= 128 else None
