"""Digests of content (OCI image specification, "digests"): what bytes have to be."""

from __future__ import annotations

import hashlib
import re

_FORMS = {"sha256": 64, "sha384": 96, "sha512": 128}
_HEX = re.compile(r"[0-9a-f]+\Z")


def is_digest(text: str) -> bool:
    """Whether it is a digest that can be checked here."""
    algorithm, _, value = text.partition(":")
    return _FORMS.get(algorithm) == len(value) and bool(_HEX.match(value))


def fits(body: bytes, digest: str) -> bool:
    """Whether ``body`` is what ``digest`` says. No digest that cannot be checked fits anything."""
    return is_digest(digest) and hashlib.new(digest.partition(":")[0], body).hexdigest() == digest.partition(":")[2]


def sha256(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def tag_of(digest: str) -> str:
    """The tag that stands for the referrers of ``digest`` where a registry has no list of them (OCI distribution, "referrers tag")."""
    algorithm, _, value = digest.partition(":")
    return f"{algorithm[:32]}-{value[:64]}"
