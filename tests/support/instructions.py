"""How much work something is, counted in instructions of the interpreter rather than in time: the same at every run.

What C does in one instruction counts as one: a list that is searched or copied for each of many does not show here.
"""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


def instructions(work: Callable[[], object]) -> int:
    """How many instructions ``work`` runs, in threads that it starts too."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        if event == "call":
            frame.f_trace_lines, frame.f_trace_opcodes = False, True
        elif event == "opcode":
            count += 1
        return trace

    before = sys.gettrace()
    threading.settrace(trace)
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
        threading.settrace(before)  # type: ignore[arg-type]
    return count


def exponent(counts: tuple[int, int, int]) -> float:
    """How work grows over three sizes, each twice the one before; what does not grow does not count."""
    small, middle, large = counts
    return math.log2((large - middle) / (middle - small))


def growth(prepare: Callable[[int], Callable[[], object]], smallest: int = 20) -> float:
    """The exponent of the work that ``prepare`` gives for a size, after one that is not counted: what is loaded once is."""
    prepare(2)()
    small, middle, large = (instructions(prepare(smallest * factor)) for factor in (1, 2, 4))
    return exponent((small, middle, large))
