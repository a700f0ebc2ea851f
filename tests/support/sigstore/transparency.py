"""Transparency logs of both kinds on one tree: Rekor v1, which promises and says when, and Rekor v2, which proves alone."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.sigstore.authority import new_key, spki


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


class Tree:
    """The leaves of a log, and paths to its root (RFC 6962 2.1)."""

    def __init__(self) -> None:
        self.leaves: list[bytes] = []

    def add(self, body: bytes) -> int:
        self.leaves.append(hashlib.sha256(b"\0" + body).digest())
        return len(self.leaves) - 1

    def root(self, start: int = 0, end: int | None = None) -> bytes:
        end = len(self.leaves) if end is None else end
        if end - start == 1:
            return self.leaves[start]
        middle = start + _split(end - start)
        return hashlib.sha256(b"\1" + self.root(start, middle) + self.root(middle, end)).digest()

    def path(self, index: int, start: int = 0, end: int | None = None) -> list[bytes]:
        end = len(self.leaves) if end is None else end
        if end - start == 1:
            return []
        middle = start + _split(end - start)
        if index < middle:
            return [*self.path(index, start, middle), self.root(middle, end)]
        return [*self.path(index, middle, end), self.root(start, middle)]


def _split(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1


@dataclass
class Log:
    """``origin`` is the name of its checkpoints; ``version`` is Rekor's."""

    version: int
    origin: str = "127.0.0.1"
    tree: Tree = field(default_factory=Tree)

    def __post_init__(self) -> None:
        self.key: Any = new_key() if self.version == 1 else ed25519.Ed25519PrivateKey.generate()
        self.tree.add(b"the first entry is of nobody")  # index 0 is one that readers of protobuf's JSON may trip over

    @property
    def id(self) -> bytes:
        if self.version == 1:
            return hashlib.sha256(spki(self.key)).digest()
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return hashlib.sha256(f"{self.origin}\n".encode() + b"\1" + raw).digest()

    def sign(self, data: bytes) -> bytes:
        return bytes(self.key.sign(data, ec.ECDSA(hashes.SHA256())) if self.version == 1 else self.key.sign(data))

    def checkpoint(self) -> str:
        origin = f"{self.origin} - 1234567890" if self.version == 1 else self.origin
        text = f"{origin}\n{len(self.tree.leaves)}\n{b64(self.tree.root())}\n"
        return f"{text}\n— {self.origin} {b64(self.id[:4] + self.sign(text.encode()))}\n"

    def entry(self, body: bytes, time: int) -> dict[str, Any]:
        """A TransparencyLogEntry (sigstore_rekor.proto) as JSON, for a body that becomes one more entry."""
        index = self.tree.add(body)
        record = json.loads(body)
        found: dict[str, Any] = {
            "logIndex": str(index),
            "logId": {"keyId": b64(self.id)},
            "kindVersion": {"kind": record["kind"], "version": record["apiVersion"]},
            "inclusionProof": {
                "logIndex": str(index),
                "rootHash": b64(self.tree.root()),
                "treeSize": str(len(self.tree.leaves)),
                "hashes": [b64(each) for each in self.tree.path(index)],
                "checkpoint": {"envelope": self.checkpoint()},
            },
            "canonicalizedBody": b64(body),
        }
        if self.version == 1:
            found["integratedTime"] = str(time)
            found["inclusionPromise"] = {"signedEntryTimestamp": b64(self.promise(body, time, index))}
        return found

    def promise(self, body: bytes, time: int, index: int) -> bytes:
        return self.sign(compact({"body": b64(body), "integratedTime": time, "logID": self.id.hex(), "logIndex": index}))


def hashedrekord(digest: bytes, signature: bytes, pem: bytes) -> bytes:
    spec = {
        "data": {"hash": {"algorithm": "sha256", "value": digest.hex()}},
        "signature": {"content": b64(signature), "publicKey": {"content": b64(pem)}},
    }
    return compact({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": spec})


def dsse(envelope: bytes, payload: bytes, signature: bytes, pem: bytes) -> bytes:
    spec = {
        "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(envelope).hexdigest()},
        "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
        "signatures": [{"signature": b64(signature), "verifier": b64(pem)}],
    }
    return compact({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})


def hashedrekord_v2(request: dict[str, Any]) -> bytes:
    """Of what Rekor v2 is asked to log (hashedRekordRequestV002)."""
    verifier = request["signature"]["verifier"]
    details = verifier.get("keyDetails", "PKIX_ECDSA_P256_SHA_256")
    algorithm = "SHA2_384" if "SHA_384" in details else "SHA2_512" if "SHA_512" in details else "SHA2_256"
    record = {"data": {"algorithm": algorithm, "digest": request["digest"]}, "signature": request["signature"]}
    return compact({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": record}})
