"""The recorded evidence: what cosign 2.5 and 3.1 signed with a private Sigstore (``record`` makes it anew)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from perry_ffi.model.reference import ImageReference, parse_reference
from perry_ffi.trust.check import Wanted
from perry_ffi.trust.evidence import Evidence, bundle, simple_signing
from perry_ffi.trust.identity import Identity
from perry_ffi.trust.keys import Key
from perry_ffi.trust.root import TrustedRoot
from tests.support.sigstore.signing import ISSUER, SUBJECT

FOLDER = Path(__file__).resolve().parents[2] / "unit/trust/recorded"


@dataclass(frozen=True)
class Recorded:
    """One signature as it was stored: ``value`` is a layer's payload and annotations, or a bundle's text."""

    name: str
    digest: str
    repository: str
    payload: bytes
    annotations: dict[str, str]
    text: bytes

    @property
    def asked(self) -> ImageReference:
        return parse_reference(f"{self.repository}:1.0")

    def evidence(self) -> Evidence:
        if self.text:
            return bundle(self.text, id=self.name, repository=self.repository)
        return simple_signing(self.payload, self.annotations, id=self.name, repository=self.repository)

    def value(self) -> dict[str, Any]:
        """A bundle's value, to be edited."""
        return dict(json.loads(self.text))


@cache
def recorded(name: str) -> Recorded:
    value = json.loads((FOLDER / f"{name}.json").read_text())
    payload, annotations = value.get("payload", "").encode(), value.get("annotations", {})
    return Recorded(name, value["digest"], value["repository"], payload, annotations, value.get("bundle", "").encode())


def file(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


@cache
def root() -> TrustedRoot:
    return TrustedRoot.parse(file("trusted_root.json"))


@cache
def key(name: str = "key") -> Key:
    return Key.parse(file(f"{name}.pub"))


DEVELOPER = Identity(issuer=ISSUER, subject=SUBJECT)


def by_key(name: str = "key", **more: Any) -> Wanted:
    """Signed by the key; with ``require_log`` or a time stamp of the recorded trusted root."""
    return Wanted(keys=(key(name),), **({"root": root()} | more))


def by_identity(*identities: Identity, **more: Any) -> Wanted:
    """Signed by the developer of the recorded evidence, and logged, as a policy has it by default."""
    return Wanted(identities=identities or (DEVELOPER,), **({"root": root(), "require_log": True} | more))
