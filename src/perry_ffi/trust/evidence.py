"""One signature of an image, of either of cosign's formats, taken apart. Nothing in it is proven yet: ``check`` does that.

``simple-signing`` is what cosign 2 writes (a layer of the image under the tag ``sha256-<hex>.sig``, and that layer's
annotations), ``bundle`` what cosign 3 writes (a Sigstore bundle v0.3, the one layer of a referrer).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from perry_ffi.trust.refusal import NotEvidence as NotEvidence

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
    kind: str
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
    raise NotImplementedError


def bundle(text: bytes, *, id: str, repository: str) -> Evidence:
    """The evidence of a Sigstore bundle. Raises NotEvidence: ``attestation`` for what signs a statement about the image."""
    raise NotImplementedError


def encode(evidence: Evidence) -> bytes:
    """The evidence as one file: JSON of what it was read from. It is read by the same rules again."""
    raise NotImplementedError


def decode(text: bytes) -> Evidence:
    """The evidence of such a file. Raises NotEvidence for what ``encode`` has not written."""
    raise NotImplementedError


def downloaded(line: bytes, *, id: str, repository: str) -> Evidence:
    """The evidence of a line that ``cosign download signature`` prints. Raises NotEvidence."""
    raise NotImplementedError
