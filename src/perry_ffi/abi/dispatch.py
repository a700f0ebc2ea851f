"""The dispatch tables for the Perry compiler: as a C array (also in the shared object), as JSON, as Rust rows."""

from __future__ import annotations

import json

from perry_ffi.abi.shims import NOTICE
from perry_ffi.abi.table import ABI_VERSION, TABLES
from perry_ffi.abi.types import Kind, Operation, Returns

_C_RETURNS = {Returns.PROMISE: "PROMISE", Returns.STRING: "STRING", Returns.VOID: "VOID"}
_RUST_RETURNS = {Returns.PROMISE: "Promise", Returns.STRING: "Str", Returns.VOID: "Void"}
_C_SETTLES = {"void": "VOID", "i64": "HANDLE", "json": "JSON"}


def method(op: Operation) -> str:
    """The name that a TypeScript program calls."""
    return op.name or op.symbol.rsplit("_container_", 1)[-1]


def _settles(op: Operation) -> str:
    return _C_SETTLES[op.settle_type] if op.returns is Returns.PROMISE else "VOID"


def c_tables() -> str:
    """The C arrays."""
    parts = [NOTICE + '#include "perry_container.h"\n']
    for name, rows in TABLES.items():
        parts.append(f"const PerryContainerRow {name}[] = {{")
        for op in rows:
            args = ", ".join("PERRY_CONTAINER_ARG_" + ("I64" if p.kind is Kind.I64 else "STR") for p in op.params) or "0"
            parts.append(
                f'    {{"{method(op)}", "{op.symbol}", {len(op.params)}, {{{args}}},\n'
                f"     PERRY_CONTAINER_RETURNS_{_C_RETURNS[op.returns]}, PERRY_CONTAINER_{_settles(op)}}},"
            )
        parts.append("};")
        parts.append(f"const size_t {name}_LENGTH = sizeof {name} / sizeof *{name};\n")
    return "\n".join(parts)


def json_tables() -> str:
    """The rows as JSON: everything the table knows."""
    tables = {
        name: [
            {
                "method": method(op),
                "runtime": op.symbol,
                "module": f"perry/{op.module}",
                "args": [
                    {"name": p.name, "kind": p.kind.value, **({"model": p.model} if p.model else {}), "doc": p.doc}
                    for p in op.params
                ],
                "returns": op.returns.value,
                "settles": op.settles if op.returns is Returns.PROMISE else None,
                "ready": op.ready,
                "doc": op.doc,
            }
            for op in rows
        ]
        for name, rows in TABLES.items()
    }
    return json.dumps({"abiVersion": ABI_VERSION, "tables": tables}, indent=2, ensure_ascii=False) + "\n"


def rust_tables() -> str:
    """The rows in the shape of the compiler's ``UiSig``."""
    parts = [
        "// Generated from src/perry_ffi/abi/table.py by `make generate`; do not edit.",
        "// Rows for the Perry compiler; UiSig, UiArgKind and UiReturnKind are its own types.\n",
    ]
    for name, rows in TABLES.items():
        parts.append(f"pub static {name}: &[UiSig] = &[")
        for op in rows:
            args = ", ".join("UiArgKind::" + ("I64Raw" if p.kind is Kind.I64 else "Str") for p in op.params)
            parts += [
                "    UiSig {",
                f'        method: "{method(op)}",',
                f'        runtime: "{op.symbol}",',
                f"        args: &[{args}],",
                f"        ret: UiReturnKind::{_RUST_RETURNS[op.returns]},",
                "    },",
            ]
        parts.append("];\n")
    return "\n".join(parts)
