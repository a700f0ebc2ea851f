"""Whether a node is tried again, and when. Pure but for chance, which is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from perry_ffi.model.workload import Retry
    from perry_ffi.workload.records import Record
    from perry_ffi.workload.runner import Result

DELAY, MAX_DELAY = 1.0, 60.0
"""Seconds, where nobody says."""


def again(record: Record, result: Result) -> bool:
    """Whether tries are left, and this end is one that is tried again."""
    retry = record.node.retry
    if retry is None or record.attempt >= record.node.attempts:
        return False
    return retry.exit_codes is None or result.exit_code in retry.exit_codes


def delay(retry: Retry, failures: int, chance: Random) -> float:
    """Seconds until the next try, after so many failures."""
    first = DELAY if retry.delay is None else retry.delay
    most = MAX_DELAY if retry.max_delay is None else retry.max_delay
    # The exponent is bounded, so that the power of any factor is a number.
    plain = min(most, first * retry.factor ** min(failures - 1, 100))
    return max(0.0, plain * (1 + retry.jitter * chance.uniform(-1, 1)))


__all__ = ["again", "delay"]
