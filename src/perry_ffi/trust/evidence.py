"""One signature of an image, of either of cosign's formats, taken apart. Nothing in it is proven yet: ``check`` does that.

``simple-signing`` is what cosign 2 writes (a layer of the image under the tag ``sha256-<hex>.sig``, and that layer's
annotations), ``bundle`` what cosign 3 writes (a Sigstore bundle v0.3, the one layer of a referrer).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from perry_ffi.trust.refusal import NotEvidence as NotEvidence
from perry_ffi.trust.strict import Malformed, base64_bytes, document, member

Format = Literal["simple-signing", "bundle"]


@dataclass(frozen=True, slots=True)
class Proof:
    """A Merkle audit path from a log's entry to a root that the log has signed (RFC 6962 2.1.1): ``checkpoint`` is the note."""

    index: int
    size: int
    root: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a transparency log. ``time`` (seconds) counts for nothing but under a good ``promise``, the log's signature."""

    log_id: bytes
    index: int
    time: int
    body: bytes
    promise: bytes | None
    proof: Proof | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """``id`` is the digest of what it was found as: the layer of a ``.sig``, the manifest of a referrer, or the file.

    ``repository`` is where it was found (registry and path). ``signed`` is what the signature is over: ``payload`` itself, or
    the DSSE encoding of it. ``certificate`` is DER, ``hint`` a bundle's word about the key, which is believed nothing.
    ``source`` is what it was read from, for ``encode``.
    """

    format: Format
    id: str
    repository: str
    payload: bytes
    signed: bytes
    signature: bytes
    certificate: bytes | None
    hint: str
    entries: tuple[Entry, ...]
    stamps: tuple[bytes, ...]
    source: bytes


def simple_signing(payload: bytes, annotations: Mapping[str, str], *, id: str, repository: str) -> Evidence:
    """The evidence of a layer of a ``.sig``: its blob and its annotations. Raises NotEvidence."""
    from perry_ffi.trust.evidence_simple import COUNTED, parts

    counted = {name: value for name, value in annotations.items() if name in COUNTED}
    try:
        taken = parts(payload, counted)
    except Malformed as error:
        raise NotEvidence("malformed", f"{error}") from None
    source = json.dumps(counted, sort_keys=True).encode()
    return Evidence("simple-signing", id, repository, payload, payload, hint="", source=source, **taken)


def bundle(text: bytes, *, id: str, repository: str) -> Evidence:
    """The evidence of a Sigstore bundle. Raises NotEvidence: ``attestation`` for what signs a statement about the image."""
    from perry_ffi.trust.evidence_bundle import parts

    try:
        taken = parts(text)
    except Malformed as error:
        raise NotEvidence("malformed", f"{error}") from None
    return Evidence("bundle", id, repository, source=text, **taken)


_FILE = "application/vnd.perry-container.evidence.v1+json"
_MAX_FILE = 3 << 20


def encode(evidence: Evidence) -> bytes:
    """The evidence as one file: JSON of what it was read from. It is read by the same rules again."""
    value = {
        "mediaType": _FILE,
        "format": evidence.format,
        "id": evidence.id,
        "repository": evidence.repository,
        "source": base64.b64encode(evidence.source).decode(),
    }
    if evidence.format == "simple-signing":
        value["payload"] = base64.b64encode(evidence.payload).decode()
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def decode(text: bytes) -> Evidence:
    """The evidence of such a file. Raises NotEvidence for what ``encode`` has not written."""
    what = "the file"
    try:
        value = document(text, what, most=_MAX_FILE)
        form, id, repository = (member(value, name, str, what) for name in ("format", "id", "repository"))
        source = base64_bytes(value.get("source"), f"source of {what}")
        if value.get("mediaType") != _FILE or form not in ("simple-signing", "bundle"):
            raise Malformed("the file is no kept evidence of this version")
        if form == "bundle":
            return bundle(source, id=id, repository=repository)
        payload = base64_bytes(value.get("payload"), f"payload of {what}")
        return simple_signing(payload, _texts(document(source, what)), id=id, repository=repository)
    except Malformed as error:
        raise NotEvidence("malformed", f"{error}") from None


def downloaded(line: bytes, *, id: str, repository: str) -> Evidence:
    """The evidence of a line that ``cosign download signature`` prints: a layer of a ``.sig`` with what it holds beside it.

    Raises NotEvidence.
    """
    from perry_ffi.trust.evidence_simple import from_download

    try:
        payload, annotations = from_download(line)
    except Malformed as error:
        raise NotEvidence("malformed", f"{error}") from None
    return simple_signing(payload, annotations, id=id, repository=repository)


def _texts(value: Mapping[str, Any]) -> dict[str, str]:
    if not all(isinstance(item, str) for item in value.values()):
        raise Malformed("an annotation of the file is no text")
    return dict(value)
