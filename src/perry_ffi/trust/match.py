"""Which images a pattern names, and which of several patterns says most of one. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weight:
    """How much a pattern says: the characters before its first ``*``; one without any says more than all that begin so."""

    literal: int
    exact: bool

    @property
    def order(self) -> tuple[int, bool]:
        return self.literal, self.exact


def weight(pattern: str) -> Weight:
    """Of one pattern."""
    before, star, _ = pattern.partition("*")
    return Weight(len(before), not star)


def matches(pattern: str, repository: str) -> bool:
    """Whether ``pattern`` names ``repository`` (``registry/path``, filled in): ``*`` is within one part, ``**`` any number of parts."""
    names = repository.split("/")
    # Which beginnings of the name the beginning of the pattern can stand for: no pattern takes longer than its length allows.
    reached = {0}
    for part in pattern.split("/"):
        if part == "**":
            reached = set(range(min(reached, default=len(names)), len(names) + 1)) if reached else reached
        else:
            reached = {at + 1 for at in reached if at < len(names) and _part(part, names[at])}
    return len(names) in reached


def _part(pattern: str, name: str) -> bool:
    """Whether ``*`` of one part can stand for what is between the rest."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == name
    *middle, last = rest
    if len(name) < len(first) + len(last) or not name.startswith(first) or not name.endswith(last):
        return False
    at, end = len(first), len(name) - len(last)
    for text in middle:
        at = name.find(text, at, end)
        if at < 0:
            return False
        at += len(text)
    return True


def best(patterns: tuple[str, ...], repository: str) -> Weight | None:
    """The weight of the pattern that says most of ``repository``; ``None`` where none names it."""
    found = [weight(pattern) for pattern in patterns if matches(pattern, repository)]
    return max(found, key=lambda one: one.order, default=None)
