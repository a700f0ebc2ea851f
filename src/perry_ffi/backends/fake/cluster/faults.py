"""How calls to the cluster in memory fail: before they do anything, after it, or with an answer that tells neither."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from perry_ffi.backends.contract.services import UNCERTAIN
from perry_ffi.backends.fake.world import Call
from perry_ffi.errors import BackendError, BackendNotAvailable, ContainerError

Outcome = Literal["refused", "lost", "later", "never", "held"]
"""``refused``: nothing was done, and the error says so. The others are uncertain to the caller: ``lost``, it was done; ``later``,
it will be; ``never``, it was not and will not be; ``held``, it will be where the next leader carries it out.
"""


@dataclass
class Fault:
    """One that was ordered. after: seconds until what is carried out ``later`` is."""

    call: str | None
    countdown: int
    times: int
    outcome: Outcome
    error: ContainerError
    after: float = 1.0

    def meets(self, call: Call) -> bool:
        """Whether it is ``call`` that fails; counts it where it is of its kind."""
        if self.times <= 0 or (call.method != self.call if self.call else not call.write):
            return False
        self.countdown -= 1
        if self.countdown > 0:
            return False
        self.times -= 1
        return True


@dataclass
class Faults:
    """Those that are still to come. outage: while it is there, each call is answered with it, and nothing is done. held: the changes
    that were asked for without a leader, which the next one carries out; ``None`` where there is one.
    """

    orders: list[Fault] = field(default_factory=list)
    outage: ContainerError | None = None
    held: list[Callable[[], None]] | None = None

    def fail(
        self, call: str | None = None, nth: int = 1, *, outcome: Outcome = "refused", times: int = 1,
        error: ContainerError | None = None, after: float = 1.0,
    ) -> None:  # fmt: skip
        """Has the ``nth`` next call of this name fail, and ``times`` in all; without a name of those that may change something."""
        words = f"{call or 'a call'} was told to fail"
        made = error or BackendError(words, backend="fake", status=500)
        if outcome != "refused":
            made = type(made)(made.message, **{**made.details, UNCERTAIN: True})
        self.orders.append(Fault(call, nth, times, outcome, made, after))

    def of(self, call: Call) -> Fault | None:
        """The one that ``call`` meets."""
        if self.outage is not None:
            return Fault(None, 0, 0, "refused", self.outage)
        if self.held is not None:
            return _without_leader(call)
        return next((fault for fault in self.orders if fault.meets(call)), None)


def _without_leader(call: Call) -> Fault:
    words = f"{call.method}: node lost leader status"
    if call.write:
        return Fault(None, 0, 0, "held", BackendError(words, backend="fake", status=500, **{UNCERTAIN: True}))
    return Fault(None, 0, 0, "refused", BackendNotAvailable(words, backend="fake", reason=words, remedy="bring managers back"))


__all__ = ["Fault", "Faults", "Outcome"]
