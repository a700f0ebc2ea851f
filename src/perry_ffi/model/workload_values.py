"""Values of a workload graph: references to other nodes, texts that hold them, and the words for conditions and strategies.

Each word has one spelling that is written, and others that are read: those that programs for other versions use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

from perry_ffi.model.values import bad, clean, is_number, list_of, scalar, within, word

Condition = Literal["started", "ready", "healthy", "succeeded", "completed", "failed"]
Projection = Literal[
    "host", "endpoint", "internalUrl", "ip", "hostEndpoint", "hostUrl", "containerId", "containerName", "output", "exitCode",
]  # fmt: skip
Strategy = Literal["sequential", "dependencyAware", "maxParallel", "parallelSafe"]
OnFailure = Literal["rollbackAll", "haltGraph", "partialContinue"]
Tier = Literal["default", "isolated", "hardened", "untrusted"]
RuntimeType = Literal["auto", "oci", "microVm", "wasm"]

CONDITIONS = ("started", "ready", "healthy", "succeeded", "completed", "failed")
_COMPOSE_CONDITIONS = {
    "service_started": "started", "service_healthy": "healthy", "service_completed_successfully": "succeeded",
}  # fmt: skip
PROJECTIONS = (
    "host", "endpoint", "internalUrl", "ip", "hostEndpoint", "hostUrl", "containerId", "containerName", "output", "exitCode",
)  # fmt: skip
STRATEGIES = ("sequential", "dependencyAware", "maxParallel", "parallelSafe")
FAILURE_STRATEGIES = ("rollbackAll", "haltGraph", "partialContinue")
RUNTIMES = ("auto", "oci", "microVm", "wasm")
TIERS = ("default", "isolated", "hardened", "untrusted")
LEVELS = ("container", "gvisor", "microvm")
"""Of isolation, weakest first."""


@dataclass(frozen=True, slots=True)
class Ref:
    """What is known of another node. port: the container's side, as text; ``None``: its only one. name: of an output.

    scheme: of a URL; ``None`` for http.
    """

    node: str
    projection: Projection
    port: str | None = None
    name: str | None = None
    scheme: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A text with references in it: parts that are put together. bare: it was written as one reference."""

    parts: tuple[str | Ref, ...]
    bare: bool = field(default=False, compare=False)

    @property
    def refs(self) -> tuple[Ref, ...]:
        return tuple(part for part in self.parts if isinstance(part, Ref))


Value = str | Text
"""Text as it is, or text with references. A bare reference is a ``Text`` of one part."""


def spelled(words: tuple[str, ...], others: Mapping[str, str] | None = None, *, shown: bool = True) -> Callable[[Any], Any]:
    """The parser of one of ``words``, in camelCase, kebab-case or snake_case; others: further words, by what they mean.

    shown: whether an error may quote what was found.
    """
    known = {_folded(each): each for each in words} | {_folded(each): meant for each, meant in (others or {}).items()}

    def read(value: Any) -> str:
        found = known.get(_folded(value)) if isinstance(value, str) else None
        if found is None:
            bad("one of " + ", ".join(words), value if shown else None)
        return found

    return read


def is_spelling(text: str, words: tuple[str, ...]) -> bool:
    """Whether ``text`` is one of ``words`` in some spelling."""
    return _folded(text) in map(_folded, words)


def _folded(text: str) -> str:
    return text.replace("-", "").replace("_", "").lower()


condition = spelled(CONDITIONS, _COMPOSE_CONDITIONS)
projection = spelled(PROJECTIONS, shown=False)


def ref(value: Any) -> Ref:
    """``{nodeId, projection, port?, name?, scheme?}``. Nothing of it is shown: it stands where secrets do."""
    if isinstance(value, Ref):
        return value
    if not isinstance(value, Mapping):
        _no_value()
    given = {("nodeId" if key == "node_id" else key): item for key, item in value.items() if item is not None}
    for key in given:
        if key not in ("nodeId", "projection", "port", "name", "scheme"):
            bad("a reference of nodeId, projection, port, name and scheme")
    for key in ("nodeId", "projection"):
        if key not in given:
            bad("a value, it is required", at=f".{key}")
    return Ref(
        within(".nodeId", word, given["nodeId"]),
        within(".projection", projection, given["projection"]),
        within(".port", _port, given["port"]) if "port" in given else None,
        within(".name", word, given["name"]) if "name" in given else None,
        within(".scheme", _scheme, given["scheme"]) if "scheme" in given else None,
    )


def _port(value: Any) -> str:
    number, _, protocol = str(value).partition("/") if is_number(value) or isinstance(value, str) else ("", "", "")
    if not re.fullmatch(r"[0-9]{1,5}", number) or not 0 < int(number) < 65536 or protocol not in ("", "tcp", "udp", "sctp"):
        bad("a port of the container such as 5432 or 53/udp")
    return str(int(number)) + (f"/{protocol}" if protocol not in ("", "tcp") else "")


def _scheme(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]{0,63}", value):
        bad("a scheme of a URL such as http")
    return value


def text_value(value: Any) -> Value:
    """Text, a number or true/false; a reference; or ``{"concat": [...]}`` of texts and references."""
    if isinstance(value, Text):
        return value
    if isinstance(value, Ref):
        return Text((value,), bare=True)
    if not isinstance(value, Mapping):
        return scalar(value)
    if set(value) != {"concat"}:
        return Text((ref(value),), bare=True)
    parts = within(".concat", list_of(_part, "a list of texts and references"), value["concat"])
    return Text(tuple(parts)) if any(isinstance(part, Ref) for part in parts) else "".join(map(str, parts))


def _part(value: Any) -> str | Ref:
    return ref(value) if isinstance(value, Mapping | Ref) else scalar(value)


def _no_value() -> NoReturn:
    bad("text, a reference {nodeId, projection}, or {concat: [...]}")


def env_values(value: Any) -> dict[str, Value]:
    """Variables: a mapping of values, or a list of ``NAME=value``. One that is null is absent."""
    from perry_ffi.model import values

    if not isinstance(value, Mapping):
        return dict(values.env(value))
    found: dict[str, Value] = {}
    for key, item in value.items():
        if item is None:
            continue
        if not isinstance(item, Mapping | Text | Ref):
            found.update(values.env({key: item}))
            continue
        name = within(".(name)", lambda given: word(clean(given), "the name of a variable"), key)
        if "=" in name:
            bad("a name without =", at=".(name)")
        found[name] = within(f".{key}", text_value, item)
    return found


def command_values(value: Any) -> list[Value]:
    """Arguments: a list of values; never a shell line."""
    return list_of(text_value, "a list of arguments")(value)


__all__ = [
    "CONDITIONS", "FAILURE_STRATEGIES", "LEVELS", "PROJECTIONS", "RUNTIMES", "STRATEGIES", "TIERS", "Condition", "OnFailure", "Projection", "Ref",
    "RuntimeType", "Strategy", "Text", "Tier", "Value", "command_values", "condition", "env_values", "is_spelling", "projection", "ref", "spelled",
    "text_value",
]  # fmt: skip
