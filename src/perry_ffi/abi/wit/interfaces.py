"""From the ABI table to interfaces: a function for each row, and a resource for each kind of handle, whose methods are its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from perry_ffi.abi.dispatch import method
from perry_ffi.abi.table import OPERATIONS
from perry_ffi.abi.types import FLAG, HANDLES, Kind, Operation, Param, Returns
from perry_ffi.abi.wit.definitions import INDENT, WIDTH, comment, names_in, option
from perry_ffi.abi.wit.documents import Documents
from perry_ffi.abi.wit.names import identifier, kebab

ERROR = "container-error"
HOMES = {"stack": "compose", "graph": "workloads", "stream": "streams"}
"""The interface that has the resource of a kind of handle."""

INTERFACES = {
    "streams": "What comes bit by bit: logs that are followed, and events.\n",
    "containers": "perry/container: single containers, images, networks, volumes, and which engine does the work.\n",
    "compose": "perry/compose: projects of several services.\n",
    "workloads": "perry/workloads: graphs of services and jobs.\n",
    "capability": "One command in a hardened container.\n",
}
RESOURCES = {
    "stack": "A project that is up. To drop it takes nothing down.",
    "graph": "A workload graph that was run, or attached to. To drop it takes nothing down.",
    "stream": "Records, read at the reader's own pace. To drop it closes it.",
}


@dataclass(frozen=True)
class Function:
    """One row. handle: what it is a method of, empty for a function of the interface. parameters: names and types."""

    interface: str
    handle: str
    name: str
    parameters: tuple[tuple[str, str], ...]
    result: str
    row: Operation

    @property
    def path(self) -> str:
        """Where it is found: ``compose/stack-handle.down``, ``containers/run``."""
        return f"{self.interface}/{resource(self.handle)}.{self.name}" if self.handle else f"{self.interface}/{self.name}"

    def types(self) -> list[str]:
        return [*(kind for _, kind in self.parameters), self.result]

    def text(self, indent: str) -> str:
        parameters = [f"{identifier(name)}: {kind}" for name, kind in self.parameters]
        arrow = f" -> {self.result}" if self.result else ""
        line = f"{indent}{identifier(self.name)}: func({', '.join(parameters)}){arrow};\n"
        if len(line) > WIDTH:
            inner = "".join(f"{indent}{INDENT}{parameter},\n" for parameter in parameters)
            line = f"{indent}{identifier(self.name)}: func(\n{inner}{indent}){arrow};\n"
        return comment(self._doc(), indent) + line

    def _doc(self) -> str:
        told = self.row.params[1:] if self.handle else self.row.params
        lines = [self.row.doc, *(f"- `{kebab(param.name)}`: {_meaning(param)}." for param in told)]
        if not self.row.ready:
            lines.append("Not in this version: fails with 501 Unsupported.")
        return "\n".join(lines)


def resource(handle: str) -> str:
    return f"{handle}-handle"


def functions(documents: Documents) -> list[Function]:
    """Every row of the table. The documents that they take and give are asked of ``documents``."""
    return [_function(op, documents) for op in OPERATIONS]


def _function(op: Operation, documents: Documents) -> Function:
    handle = op.params[0].model if op.params and op.params[0].model in HANDLES else ""
    called = kebab(method(op)).removeprefix(f"{handle}-")
    params = op.params[1:] if handle else op.params
    typed = tuple((kebab(param.name), _parameter(op, param, documents)) for param in params)
    return Function(_interface(op, handle), handle, called, typed, _result(op, documents), op)


def _interface(op: Operation, handle: str) -> str:
    if handle:
        return HOMES[handle]
    if op.symbol.startswith("alloy_"):
        return "capability"
    return {"container": "containers"}.get(op.module, op.module)


def _parameter(op: Operation, param: Param, documents: Documents) -> str:
    if param.kind is Kind.I64:
        return "bool" if param.model == FLAG else f"borrow<{resource(param.model)}>"
    # What only composes a text checks nothing.
    checked = op.returns is Returns.PROMISE
    kind = "string" if param.kind is Kind.STR else documents.named(param.model, heard=False) if checked else "json"
    return option(kind) if param.optional else kind


def _result(op: Operation, documents: Documents) -> str:
    if op.returns is Returns.VOID:
        return ""
    if op.returns is Returns.STRING:
        return op.settles or "string"
    if op.settles == "void":
        return f"result<_, {ERROR}>"
    return f"result<{resource(op.handle) if op.handle else documents.named(op.settles, heard=True)}, {ERROR}>"


def _meaning(param: Param) -> str:
    """Without what the type says: that it is required, and which members there are."""
    doc = re.sub(r"^0 or not 0: |^\{[\w,]+\}(; |: )?|; required$", "", param.doc)
    return doc or "absent means the defaults"


def interface(name: str, all_functions: list[Function], defined: set[str]) -> str:
    """The text of an interface. defined: the names that the interface of the types defines."""
    mine = [one for one in all_functions if one.interface == name]
    used = names_in(kind for one in mine for kind in one.types())
    lines = [_use("types", sorted(used & defined))]
    lines += [_use(home, [resource(of)]) for of, home in HOMES.items() if home != name and resource(of) in used]
    parts = ["".join(lines), *_resources(name, mine), *(one.text(INDENT) for one in mine if not one.handle)]
    return f"interface {name} {{\n" + "\n".join(parts) + "}\n"


def _use(home: str, names: list[str]) -> str:
    line = f"{INDENT}use {home}.{{{', '.join(identifier(name) for name in names)}}};\n"
    if len(line) <= WIDTH:
        return line
    return f"{INDENT}use {home}.{{\n{''.join(f'{INDENT * 2}{identifier(name)},' + chr(10) for name in names)}{INDENT}}};\n"


def _resources(name: str, mine: list[Function]) -> Iterator[str]:
    for of in (of for of, home in HOMES.items() if home == name):
        methods = "\n".join(one.text(INDENT * 2) for one in mine if one.handle == of)
        yield f"{comment(RESOURCES[of], INDENT)}{INDENT}resource {resource(of)} {{\n{methods}{INDENT}}}\n"
