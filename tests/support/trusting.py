"""Signed images without a registry: who signed, what a registry would say, and an engine that has them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perry_ffi.errors import NotFound
from perry_ffi.model.base import validate
from perry_ffi.model.reference import ImageReference
from perry_ffi.model.verify import VerifyPolicy
from perry_ffi.settings import Settings
from perry_ffi.trust.discover import Discovered, RefusedCandidate
from perry_ffi.trust.evidence import Evidence, bundle, simple_signing
from perry_ffi.trust.gate import Gate
from perry_ffi.trust.in_force import Trust
from tests.support.sigstore import signing
from tests.support.sigstore.signing import Signer

REPOSITORY = signing.REPOSITORY


def digest_of(text: str) -> str:
    """A digest; any text stands for a manifest."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def signed(signer: Signer, digest: str, *, old: bool = False, repository: str = REPOSITORY, **annotations: str) -> Evidence:
    """A signature about ``digest``, as it is found in a registry. old: of cosign 2's format."""
    if old:
        text = signing.payload(digest, annotations or None, repository)
        return simple_signing(text, signing.simple(signer, text), id=_id(text), repository=repository)
    text = json.dumps(signing.bundle(signer, signing.statement(digest, annotations))).encode()
    return bundle(text, id=_id(text), repository=repository)


def _id(text: bytes) -> str:
    return f"sha256:{hashlib.sha256(text).hexdigest()}"


@dataclass
class Registry:
    """In place of ``trust.registries``. tags: the digest by ``repository:tag``. evidence: by digest. down: it cannot be asked."""

    tags: dict[str, str] = field(default_factory=dict)
    found: dict[str, list[Evidence]] = field(default_factory=dict)
    refused: dict[str, list[RefusedCandidate]] = field(default_factory=dict)
    down: Exception | None = None
    asked: list[str] = field(default_factory=list)
    before: Callable[[str], Awaitable[None]] | None = None

    async def digest(self, image: ImageReference, insecure: Any) -> str:
        name = f"{image.repository}:{image.tag_or_latest}"
        self.asked.append(name)
        if self.down:
            raise self.down
        if name not in self.tags:
            raise NotFound(f"{name}: no such tag")
        return self.tags[name]

    async def evidence(self, where: ImageReference, digest: str, insecure: Any) -> Discovered:
        self.asked.append(f"{where.repository}@{digest}")
        if self.before:
            await self.before(digest)
        if self.down:
            raise self.down
        return Discovered(list(self.found.get(digest, ())), list(self.refused.get(digest, ())))

    async def aclose(self) -> None:
        """Nothing is open."""


def settings(tmp_path: Path, **environ: str) -> Settings:
    """Of a user whose places are all below ``tmp_path``, on a machine without a policy."""
    from dataclasses import replace

    found = Settings.from_environ({"HOME": str(tmp_path), **environ})
    return replace(found, trust_policies=(tmp_path / ".config/perry-container/trust.json", tmp_path / "etc/trust.json"))


def gate(tmp_path: Path, registry: Registry, **environ: str) -> Gate:
    """A gate that asks ``registry``."""
    found = Gate(settings(tmp_path, **environ))
    found._registries = registry  # type: ignore[assignment]
    found._admission._examiner.registries = registry  # type: ignore[assignment]
    return found


def trust(tmp_path: Path, registry: Registry, **environ: str) -> Trust:
    """What a client holds, with a gate that asks ``registry``."""
    found = Trust(lambda: settings(tmp_path, **environ))
    found._gate = gate(tmp_path, registry, **environ)
    return found


def policy(**members: Any) -> VerifyPolicy:
    """The model of a policy."""
    return validate(VerifyPolicy, members, "policy")


def write_policy(tmp_path: Path, document: Any) -> Path:
    """The machine's policy: the user's file."""
    path = tmp_path / ".config/perry-container/trust.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path
