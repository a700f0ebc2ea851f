"""From a run that has ended to what is told of it. Pure."""

from __future__ import annotations

import base64
import signal
from typing import TYPE_CHECKING

from perry_ffi.model.capability_result import CapabilityResult, IsolationUsed, Truncated

if TYPE_CHECKING:
    from perry_ffi.sandbox.life import Ended
    from perry_ffi.sandbox.plan import Plan

_OF_SIGNAL = 128
_KILLED = _OF_SIGNAL + signal.SIGKILL


def outcome(plan: Plan, ended: Ended, *, encoding: str, network: str, warnings: list[str]) -> CapabilityResult:
    """A run that was ended from here has no exit code of its own."""
    killed = ended.stopped and ended.code in (_KILLED, -1)
    number = ended.code - _OF_SIGNAL
    return CapabilityResult(
        stdout=_text(ended.output.of("stdout"), encoding),
        stderr=_text(ended.output.of("stderr"), encoding),
        exit_code=None if killed else ended.code,
        signal="SIGKILL" if killed else _signal(number),
        timed_out=ended.timed_out,
        oom_killed=ended.seen.oom_killed,
        truncated=Truncated(**ended.output.truncated),
        duration_ms=ended.milliseconds,
        image=plan.sandbox.image,
        digest=plan.digest,
        isolation=IsolationUsed(
            level=ended.seen.level, runtime=ended.seen.runtime, seccomp=plan.seccomp, userns=ended.seen.userns,
            network="none" if network == "none" else network or "default",
        ),
        warnings=[*warnings, *ended.warnings],
    )  # fmt: skip


def _text(data: bytes, encoding: str) -> str:
    return base64.b64encode(data).decode() if encoding == "base64" else data.decode("utf-8", "replace")


def _signal(number: int) -> str | None:
    """The name of what ended it, as far as a code tells: a program may give such a code by itself."""
    try:
        return signal.Signals(number).name if number > 0 else None
    except ValueError:
        return None


__all__ = ["outcome"]
