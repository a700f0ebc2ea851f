"""How a registry asks for credentials: RFC 9110 section 11.6.1, with the parameters of the distribution project's token servers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_SCHEME = re.compile(rf"[\s,]*({_TOKEN})(?:\s+|\s*\Z|\s*,)")
_PARAMETER = re.compile(rf"[\s,]*({_TOKEN})\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|({_TOKEN}))")
_ESCAPED = re.compile(r"\\(.)")
MAX_CHALLENGES = 16


@dataclass(frozen=True, slots=True)
class Challenge:
    """scheme: in lower case. parameters: names in lower case."""

    scheme: str
    parameters: Mapping[str, str]


def challenges(values: Sequence[str]) -> list[Challenge]:
    """What the ``WWW-Authenticate`` headers ask for, in their order; what is not readable ends it."""
    found: list[Challenge] = []
    for value in values:
        start = 0
        while len(found) < MAX_CHALLENGES and (scheme := _SCHEME.match(value, start)):
            start = scheme.end()
            parameters: dict[str, str] = {}
            while parameter := _PARAMETER.match(value, start):
                start = parameter.end()
                quoted = parameter[2]
                text = _ESCAPED.sub(r"\1", quoted) if quoted is not None else parameter[3]
                parameters.setdefault(parameter[1].lower(), text)
            found.append(Challenge(scheme[1].lower(), parameters))
    return found


def wanted_scope(asked: str | None, repository: str) -> str:
    """The scope to ask a token for: the registry's own words where they are about reading alone, else reading this repository."""
    own = f"repository:{repository}:pull"
    parts = (asked or "").split()
    return " ".join(parts) if parts and all(_READS.match(part) for part in parts) else own


_READS = re.compile(r"repository(?:\([a-z]+\))?:[^\s:]+(?::[0-9]+/[^\s:]+)?:pull\Z")
