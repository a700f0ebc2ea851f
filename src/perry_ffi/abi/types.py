"""The words the ABI table is written in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a parameter is passed through the C interface."""

    STR = "str"
    JSON = "json"
    I64 = "i64"


class Returns(StrEnum):
    """What the exported function itself returns."""

    PROMISE = "promise"
    STRING = "string"
    VOID = "void"


class Strings(StrEnum):
    """Who owns a string that is returned at once, in a plain host."""

    STATIC = "static"
    FREED_BY_CALLER = "freed by the caller"


FLAG = "bool"
HANDLES = ("stack", "graph", "stream")
"""What a handle can be of."""


@dataclass(frozen=True)
class Param:
    """One parameter: its name, how it crosses, what is in it, its meaning.

    model: of JSON the model's name; of a number what it says, ``bool`` or one of HANDLES. optional: it may be absent; a number is
    always there.
    """

    name: str
    kind: Kind
    model: str
    doc: str
    optional: bool = False


@dataclass(frozen=True)
class Operation:
    """One exported operation.

    module: ``container``, ``compose`` or ``workloads``; name: the TypeScript name (empty: not called by name);
    settles: what the promise settles with: ``void``, ``i64`` (then handle says of what: one of HANDLES), or the name of a JSON
    model; of a row that returns a string ``json`` where it is JSON;
    handler: ``module:function`` below ``perry_ffi``; empty where this version answers 501 Unsupported
    (operations of a row that does not return a promise are computed in C and have none).
    """

    module: str
    name: str
    symbol: str
    params: tuple[Param, ...]
    returns: Returns
    settles: str
    doc: str
    handler: str = ""
    strings: Strings | None = None
    handle: str = ""

    @property
    def ready(self) -> bool:
        """Whether this version does it."""
        return bool(self.handler) or self.returns is not Returns.PROMISE

    @property
    def settle_type(self) -> str:
        """``void``, ``i64`` or ``json``."""
        return self.settles if self.settles in ("void", "i64") else "json"


def text(name: str, doc: str, *, optional: bool = False) -> Param:
    return Param(name, Kind.STR, "", doc, optional)


def document(name: str, model: str, doc: str, *, optional: bool = False) -> Param:
    return Param(name, Kind.JSON, model, doc, optional)


def flag(name: str, doc: str) -> Param:
    return Param(name, Kind.I64, FLAG, f"0 or not 0: {doc}")


def handle(of: str, doc: str) -> Param:
    return Param(of, Kind.I64, of, doc)


def promise(
    module: str, name: str, params: list[Param], settles: str, doc: str, handler: str = "", symbol: str = ""
) -> Operation:
    """A row whose function returns a promise; the symbol follows from module and name where it is not given.

    settles: of a handle ``i64`` and what it is of: ``i64 stack``. Raises ValueError where that is not said.
    """
    prefix = {"container": "js_container_", "compose": "js_compose_", "workloads": "js_workload_"}[module]
    symbol = symbol or prefix + name
    number, _, of = settles.partition(" ") if settles.startswith("i64") else ("", "", "")
    if number and of not in HANDLES:
        raise ValueError(f"{symbol}: settles with i64 and one of {', '.join(HANDLES)}")
    return Operation(module, name, symbol, tuple(params), Returns.PROMISE, number or settles, doc, handler, handle=of)
