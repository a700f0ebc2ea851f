"""The files of the package: one for each interface, one for the worlds, and the names in JSON for whoever puts records into text."""

from __future__ import annotations

import json
from typing import Any

from perry_ffi.abi.wit.definitions import Definition, Part, comment
from perry_ffi.abi.wit.documents import Documents
from perry_ffi.abi.wit.interfaces import ERROR, INTERFACES, Function, functions, interface
from perry_ffi.abi.wit.names import kebab
from perry_ffi.errors import KINDS, ContainerError

PACKAGE = "perry:container@1.0.0"
NOTICE = "Generated from src/perry_ffi/abi/table.py and the models by `make generate`; do not edit."
"""Of each interface: a comment before `package` would be the package's, which only one file may have."""
WORLDS = {
    "host": ("export", "Who offers the operations: a runtime with this library in it."),
    "guest": ("import", "Who uses them: a component that runs containers."),
}
_PACKAGE = """Containers, Compose projects and workload graphs, as libperry_container does them: docs/wit.md says how to read this.
"""
_TYPES = """What operations take, give and fail with. Records are closed: a host refuses members that it does not know.
A member that is an option may be absent. Names in JSON are those here, with `_` for `-`, where nothing else is said.
"""


def _errors() -> list[Definition]:
    kinds = tuple(Part(kebab(kind.kind), doc=f"{kind.code}. {_first_line(kind)}", json=kind.kind) for kind in KINDS)
    members = (
        Part("code", "u16", "As of HTTP; that of its kind.", json="code"),
        Part("kind", "error-kind", json="kind"),
        Part("message", "string", "One line: where, then what. It holds no secret.", json="message"),
        Part("details", "option<json>", "An object: all that is known beside. In JSON these are the error's other members."),
    )
    return [
        Definition("type", "json", "The text of any JSON value.", type="string"),
        Definition("enum", "error-kind", "What went wrong. The family is closed.", kinds),
        Definition("record", ERROR, "How an operation fails.", members),
    ]


def _first_line(kind: type[ContainerError]) -> str:
    return " ".join((kind.__doc__ or "").split("\n\n")[0].split()).replace("``", "`")


def _all() -> tuple[list[Function], list[Definition]]:
    documents = Documents()
    found = functions(documents)
    return found, [*_errors(), *documents.definitions()]


def files() -> dict[str, str]:
    """The text of every file of the folder ``wit`` by its name."""
    found, definitions = _all()
    head = f"package {PACKAGE};\n\n"
    body = "\n".join(one.text() for one in definitions)
    inner = "".join(f"  {line}\n" if line else "\n" for line in body.splitlines())
    texts = {"types": f"{head}{comment(_TYPES + NOTICE, '')}interface types {{\n{inner}}}\n"}
    defined = {one.name for one in definitions}
    texts |= {name: f"{head}{comment(f'{doc}{NOTICE}', '')}{interface(name, found, defined)}" for name, doc in INTERFACES.items()}
    texts["worlds"] = f"{comment(_PACKAGE + NOTICE, '')}{head}" + "\n".join(_world(name) for name in WORLDS)
    return {f"{name}.wit": text for name, text in texts.items()}


def _world(name: str) -> str:
    direction, doc = WORLDS[name]
    lines = "".join(f"  {direction} {one};\n" for one in ("types", *INTERFACES))
    return f"{comment(doc, '')}world {name} {{\n{lines}}}\n"


def names_in_json() -> str:
    """What each function calls, and what each definition is in JSON."""
    found, definitions = _all()
    rows = {one.path: {"symbol": one.row.symbol, "parameters": dict(one.parameters), "result": one.result} for one in found}
    types = {one.name: _entry(one) for one in definitions}
    names = {"package": PACKAGE, "functions": rows, "types": types, "withoutDefault": without_default(definitions)}
    return json.dumps(names, indent=2, ensure_ascii=False) + "\n"


def without_default(definitions: list[Definition]) -> list[str]:
    """Choices, and records that hold one that is always there: of all others there is an empty one, so a language can derive it."""
    found: set[str] = set()
    while True:
        more = {one.name for one in definitions if one.name not in found and _is_chosen(one, found)}
        if not more:
            return sorted(found)
        found |= more


def _is_chosen(one: Definition, found: set[str]) -> bool:
    always = {part.type for part in one.parts if not part.type.startswith(("option<", "list<"))}
    return one.kind in ("enum", "variant") or bool(always & found)


def _entry(one: Definition) -> dict[str, Any]:
    if one.kind == "type":
        return {"kind": "type", "type": one.type}
    keys = ("type", "json", "form")
    parts = {part.name: {key: value for key in keys if (value := getattr(part, key))} for part in one.parts}
    return {"kind": one.kind, "parts": parts}
