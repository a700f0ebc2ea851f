"""Who a certificate says the signer is, and who is wanted."""

from __future__ import annotations

import re
from dataclasses import dataclass


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
