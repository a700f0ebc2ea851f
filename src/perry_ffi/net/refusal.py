"""Why a peer could not be reached, and what helps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """Why an endpoint could not be reached, and what to do about it.

    state: what that makes of the peer, in one word: it is ``absent``, ``stopped``, ``denied`` to this user, or ``broken``.
    """

    reason: str
    remedy: str
    state: str = "broken"


class Unreachable(OSError):
    """A connect that failed for a reason which the system's errors have no number for."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.refusal = Refusal(reason, remedy)
