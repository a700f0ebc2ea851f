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


@dataclass(frozen=True)
class Param:
    """One parameter: its name, how it crosses, the model of its JSON, its meaning."""

    name: str
    kind: Kind
    model: str
    doc: str


@dataclass(frozen=True)
class Operation:
    """One exported operation.

    module: ``container``, ``compose`` or ``workloads``; name: the TypeScript name (empty: not called by name);
    settles: what the promise settles with: ``void``, ``i64``, or the name of a JSON model;
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

    @property
    def ready(self) -> bool:
        """Whether this version does it."""
        return bool(self.handler) or self.returns is not Returns.PROMISE

    @property
    def settle_type(self) -> str:
        """``void``, ``i64`` or ``json``."""
        return self.settles if self.settles in ("void", "i64") else "json"


def text(name: str, doc: str) -> Param:
    return Param(name, Kind.STR, "", doc)


def document(name: str, model: str, doc: str) -> Param:
    return Param(name, Kind.JSON, model, doc)


def integer(name: str, doc: str) -> Param:
    return Param(name, Kind.I64, "", doc)


def promise(
    module: str, name: str, params: list[Param], settles: str, doc: str, handler: str = "", symbol: str = ""
) -> Operation:
    """A row whose function returns a promise; the symbol follows from module and name where it is not given."""
    prefix = {"container": "js_container_", "compose": "js_compose_", "workloads": "js_workload_"}[module]
    return Operation(module, name, symbol or prefix + name, tuple(params), Returns.PROMISE, settles, doc, handler)
