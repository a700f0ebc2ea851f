"""Sigstore's ``trusted_root.json``: whose certificates, logs and time stamps are believed, and of which time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrustedRoot:
    @classmethod
    def parse(cls, text: bytes) -> TrustedRoot:
        """The root of a file. Raises ValueError with a sentence."""
        raise NotImplementedError
