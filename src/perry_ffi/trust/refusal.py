"""Why evidence does not count: the words that programs read, and the two exceptions that carry them."""

from __future__ import annotations

from typing import Literal, get_args

from perry_ffi.errors import one_line

Reason = Literal[
    "unsigned", "wrongKey", "otherImage", "otherRepository", "attestation", "annotation", "identity", "issuer", "expired",
    "time", "certificate", "sct", "tlog", "noCertificate", "malformed", "registryLied", "tooMany", "tooLarge", "noDigest",
    "noPolicy", "unmatched",
]  # fmt: skip
"""``tlog`` is the transparency log's entry, ``sct`` the promise of the certificates' log, ``time`` that nothing proves when."""

REASONS: tuple[Reason, ...] = get_args(Reason)


class Refused(Exception):
    """This evidence does not prove what is wanted: ``reason`` is for programs, ``message`` one sentence for people.

    What strangers wrote stands in some of them: it is one printable line, whatever they wrote.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        self.reason: Reason = reason
        self.message = one_line(message)
        super().__init__(self.message)


class NotEvidence(Refused):
    """What was found is no signature of an image at all: an attestation, a damaged file, another format."""
