"""The phases of a node: which are final, in whose words programs hear them, and what an edge makes of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from perry_ffi.model.workload_status import NodeState, Phase
    from perry_ffi.model.workload_values import Condition


class Progress(Protocol):
    """How far a node has come. started: a container of it has run. was_ready: it is ready, or was in its last try."""

    phase: Phase
    started: bool
    was_ready: bool


FINAL: frozenset[Phase] = frozenset(("succeeded", "failed", "skipped", "cancelled", "stopped", "rolledBack"))
"""What a node is left in, unless it is a service that is ready."""
_ENDS: frozenset[Phase] = frozenset(("ready", "succeeded", "retrying", "failed", "cancelled", "stopped"))
"""Of a try."""
_BEGUN: frozenset[Phase] = frozenset(("pulling", "creating", "starting", "running"))
_PUT_BACK: frozenset[Phase] = frozenset(("rolledBack",))
ALLOWED: dict[Phase, frozenset[Phase]] = {
    "pending": frozenset(("waiting", "skipped", "cancelled")),
    "waiting": _BEGUN | _ENDS | {"skipped"},
    "pulling": _ENDS | {"creating", "starting", "running"},
    "creating": _ENDS | {"pulling", "starting", "running"},
    # What is there already may turn out not to do, and another container is made.
    "starting": _ENDS | {"creating", "running"},
    "running": _ENDS | {"creating", "starting"},
    "ready": frozenset(("succeeded", "retrying", "failed", "cancelled", "stopped", "rolledBack")),
    "retrying": frozenset(("waiting", "cancelled", "stopped")),
    "succeeded": _PUT_BACK,
    "failed": _PUT_BACK,
    "skipped": frozenset(),
    "cancelled": _PUT_BACK,
    "stopped": _PUT_BACK,
    "rolledBack": frozenset(),
}
"""From each phase to which others."""

_WORDS: dict[Phase, NodeState] = {
    "running": "running", "ready": "running", "failed": "failed",
    **dict.fromkeys(("succeeded", "skipped", "cancelled", "stopped", "rolledBack"), "stopped"),
}  # fmt: skip


def word(phase: Phase) -> NodeState:
    """Perry's word for it."""
    return _WORDS.get(phase, "pending")


def holds(condition: Condition, record: Progress) -> bool | None:
    """Whether an edge holds of what it leads to; ``None`` as long as it may."""
    phase = record.phase
    if condition == "started":
        return True if record.started else (False if phase in FINAL else None)
    if condition in ("ready", "healthy"):
        # One that was ready and ended well has done what it is for; one that is tried again is waited for anew.
        if phase == "ready" or (phase == "stopped" and record.was_ready) or (phase == "succeeded" and condition == "ready"):
            return True
        return False if phase in FINAL else None
    if phase not in FINAL:
        return None
    if condition == "succeeded":
        return phase == "succeeded"
    if condition == "completed":
        return phase in ("succeeded", "failed", "skipped", "stopped")
    return phase == "failed"


__all__ = ["ALLOWED", "FINAL", "Progress", "holds", "word"]
