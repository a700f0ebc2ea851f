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


@dataclass(frozen=True, slots=True)
class Rule:
    """An exception. since: it holds only below that version. knows, alone: as of a ``Capability``.

    ``{}`` in a reason stands for the value that is not honoured.
    """

    support: Support
    reason: str
    since: Version | None = None
    knows: Knows = field(default_factory=dict)
    alone: str = ""


Rules = Mapping[str, Rule]


def lacks(reason: str, since: Version | None = None, *, knows: Knows = _NONE, alone: str = "") -> Rule:
    """What an engine has not, or only from ``since`` on."""
    return Rule(Support.UNSUPPORTED, reason, since, knows, alone)


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
        if api is None and rule.since is not None:
            found[name] = Capability(Support.PARTIAL, rule.reason, rule.knows, rule.alone)
        elif api is None or rule.since is None or api < rule.since:
            found[name] = Capability(rule.support, rule.reason, rule.knows, rule.alone)
    return Capabilities(found)
