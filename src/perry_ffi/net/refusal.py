"""Why a peer could not be reached, and what helps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """Why an endpoint could not be reached, and what to do about it."""

    reason: str
    remedy: str


class Unreachable(OSError):
    """A connect that failed for a reason which the system's errors have no number for."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.refusal = Refusal(reason, remedy)
