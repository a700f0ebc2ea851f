"""Values that are taken as they stand and hardly mean what they say: a warning tells what runs, and what may be meant."""

from __future__ import annotations

from typing import Any, Callable, Iterator, Mapping

Advice = tuple[str, str]
"""The path of the value in the document, and the sentence."""


def advise(services: Mapping[str, Any]) -> Iterator[Advice]:
    """What may be meant otherwise in the enabled ``services`` (of the model). No value is quoted: a variable may have given it."""
    for name, service in services.items():
        for member, rule in _RULES.items():
            if service.get(member):
                yield from rule(service[member], f"services.{name}.{member}")


def _health(check: Mapping[str, Any], path: str) -> Iterator[Advice]:
    test = [] if check.get("disable") else check.get("test") or []
    if len(test) > 2 and test[0] == "CMD-SHELL":
        yield f"{path}.test", (
            "a shell runs the first word after CMD-SHELL alone, and the others are its $0, $1 and so on; "
            "for one command line write it as one text, for a program with arguments CMD"
        )
    elif test == ["CMD-SHELL"]:
        yield f"{path}.test", "CMD-SHELL has no command line: every probe fails"
    elif len(test) > 1 and test[0] == "NONE":
        yield f"{path}.test", "nothing after NONE is read: there is no health check"


_RULES: Mapping[str, Callable[[Any, str], Iterator[Advice]]] = {"healthcheck": _health}
