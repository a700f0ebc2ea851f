"""What programs hear of why a service is as it is: plain JSON objects, null where nothing is known."""

from __future__ import annotations

from typing import Any, TypedDict


class MemberChange(TypedDict):
    """A member of a service that its container was not made from. change: ``changed``, ``added`` or ``removed``.

    old, new: as text; null where there was or is none, where it is hidden, and, of old, where the engine does not tell it.
    """

    path: str
    change: str
    old: str | None
    new: str | None
    hidden: bool


class Waited(TypedDict):
    """Something that a service depends on. why: what is missing; null where its condition holds. evidence: as of a container."""

    service: str
    condition: str
    required: bool
    why: str | None
    evidence: dict[str, Any]


class WhyContainer(TypedDict):
    """recreate: why ``up`` would make it anew. unknown: what cannot be known of what it was made from. notReady: why it is not.

    evidence: ``exitCode``, ``oomKilled``, ``memoryLimit`` (in bytes, of what was killed, and nobody is known to have done it),
    ``restarts``, ``error``, ``logs`` (last lines), ``probe`` (the failing one), those that there are.
    """

    name: str
    status: str
    health: str | None
    recreate: str | None
    changes: list[MemberChange]
    unknown: str | None
    notReady: str | None
    evidence: dict[str, Any]


class WhyReport(TypedDict):
    """One service. asItShouldBe: ``up`` would do nothing to it, and it is ready. steps: what ``up`` would do to it. error: why
    nothing can be planned.
    """

    project: str
    service: str
    asItShouldBe: bool
    steps: list[dict[str, Any]]
    containers: list[WhyContainer]
    waitsFor: list[Waited]
    error: str | None
