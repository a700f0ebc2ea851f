"""Who a certificate says the signer is, and who is wanted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from perry_ffi.trust.refusal import Refused


@dataclass(frozen=True, slots=True)
class Identity:
    """An issuer and a subject, each as a text or as a pattern that has to match the whole text; exactly one of both forms."""

    issuer: str | None = None
    issuer_pattern: re.Pattern[str] | None = None
    subject: str | None = None
    subject_pattern: re.Pattern[str] | None = None

    def __post_init__(self) -> None:
        if not _one(self.issuer, self.issuer_pattern) or not _one(self.subject, self.subject_pattern):
            raise ValueError("an identity is an issuer and a subject, each as a text or as a pattern")


def _one(text: str | None, pattern: re.Pattern[str] | None) -> bool:
    return bool(text) != bool(pattern and pattern.pattern) and (text is None or pattern is None)


@dataclass(frozen=True, slots=True)
class KeySigner:
    key: str
    """The fingerprint."""


@dataclass(frozen=True, slots=True)
class IdentitySigner:
    subject: str
    issuer: str


MAX_TEXT = 512
"""Characters of a subject or an issuer that patterns are tried on."""


def check_identity(subject: str, issuer: str, wanted: Sequence[Identity]) -> None:
    """Raises Refused where nobody of ``wanted`` is this subject of this issuer: ``issuer`` where none has this issuer."""
    of_issuer = [each for each in wanted if _is(issuer, each.issuer, each.issuer_pattern)]
    if any(_is(subject, each.subject, each.subject_pattern) for each in of_issuer):
        return
    if not of_issuer:
        near = any(_almost(issuer, each.issuer_pattern) for each in wanted)
        raise Refused("issuer", f"signed by {subject} of the issuer {issuer}, which is not one that is wanted{_hint(near)}")
    near = any(_almost(subject, each.subject_pattern) for each in of_issuer)
    raise Refused("identity", f"signed by {subject} (issuer {issuer}), who is not wanted{_hint(near)}")


def _is(value: str, text: str | None, pattern: re.Pattern[str] | None) -> bool:
    if pattern is None:
        return value == text
    return len(value) <= MAX_TEXT and pattern.fullmatch(value) is not None


def _almost(value: str, pattern: re.Pattern[str] | None) -> bool:
    return pattern is not None and len(value) <= MAX_TEXT and pattern.search(value) is not None


def _hint(near: bool) -> str:
    return ": a pattern matches a part of it, and has to match the whole text" if near else ""
