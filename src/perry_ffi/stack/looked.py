"""What is wanted of a project beside what is there, for those who want to know more of an ``up`` than its plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from perry_ffi.errors import ContainerError

if TYPE_CHECKING:
    from perry_ffi.runtime.plan import Plan

Wanted = TypeVar("Wanted")
Observed = TypeVar("Observed")


@dataclass(frozen=True)
class Looked(Generic[Wanted, Observed]):
    """What is wanted, what is there, and what ``up`` would do; error: why nothing can be planned."""

    wanted: Wanted
    observed: Observed
    plan: Plan | None = None
    error: ContainerError | None = None


def looked(wanted: Wanted, observed: Observed, plan: Callable[[], Plan]) -> Looked[Wanted, Observed]:
    """plan: makes the plan, or raises a ContainerError."""
    try:
        return Looked(wanted, observed, plan())
    except ContainerError as error:
        return Looked(wanted, observed, error=error)
