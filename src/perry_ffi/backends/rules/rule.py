"""How a driver declares its exceptions: data by the names of capabilities, some of which hold only below a version (of
docker's API, of podman itself)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from perry_ffi.backends.contract.capability import Capabilities, Capability, Support

Version = tuple[int, int]
Knows = Mapping[str, tuple[str, ...]]
_NONE: Knows = MappingProxyType({})


@dataclass(frozen=True)
class Rule:
    """An exception. since: it holds only below that version; until: only from that one on. knows, alone, refused: as of a
    ``Capability``.

    ``{}`` in a reason stands for the value that is not honoured.
    """

    support: Support
    reason: str
    since: Version | None = None
    knows: Knows = field(default_factory=dict)
    alone: str = ""
    until: Version | None = None
    refused: bool = False

    def holds(self, api: Version) -> bool:
        """Whether it holds of an engine that speaks ``api``."""
        return (self.since is None or api < self.since) and (self.until is None or api >= self.until)


Rules = Mapping[str, Rule]


def lacks(reason: str, since: Version | None = None, *, knows: Knows = _NONE, alone: str = "") -> Rule:
    """What an engine has not, or only from ``since`` on."""
    return Rule(Support.UNSUPPORTED, reason, since, knows, alone)


def forbids(reason: str) -> Rule:
    """What an engine has not, and nobody is served by doing without."""
    return Rule(Support.UNSUPPORTED, reason, refused=True)


def lost(reason: str, until: Version) -> Rule:
    """What an engine had, and has no more from ``until`` on."""
    return Rule(Support.UNSUPPORTED, reason, until=until)


def spoiled(reason: str, until: Version) -> Rule:
    """What an engine had, and has with an exception from ``until`` on."""
    return Rule(Support.PARTIAL, reason, until=until)


def partly(reason: str, since: Version | None = None, *, knows: Knows = _NONE, alone: str = "") -> Rule:
    """What an engine has with an exception, or without it from ``since`` on."""
    return Rule(Support.PARTIAL, reason, since, knows, alone)


def emulated(reason: str) -> Rule:
    """What this library does in the engine's stead."""
    return Rule(Support.EMULATED, reason)


def below(prefix: str, rules: Rules) -> dict[str, Rule]:
    """``rules``, their names below ``prefix``."""
    return {f"{prefix}.{name}": rule for name, rule in rules.items()}


def each(names: Iterable[str], rule: Rule) -> dict[str, Rule]:
    """One rule for several names."""
    return dict.fromkeys(names, rule)


def declare(rules: Rules, api: Version | None = None) -> Capabilities:
    """What an engine with these exceptions declares, that speaks ``api``; without it what depends on it is partial."""
    found: dict[str, Capability] = {}
    for name, rule in rules.items():
        depends = rule.since is not None or rule.until is not None
        if api is None or rule.holds(api):
            support = Support.PARTIAL if api is None and depends else rule.support
            found[name] = Capability(support, rule.reason, rule.knows, rule.alone, rule.refused)
    return Capabilities(found)
