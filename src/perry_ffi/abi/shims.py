"""The C sources that follow from the table: the exported functions, what the runtime knows of each, the linker's list."""

from __future__ import annotations

from perry_ffi.abi.header import declarations, prototype
from perry_ffi.abi.table import OPERATIONS, TABLES, digest
from perry_ffi.abi.types import Kind, Operation, Returns

NOTICE = "/* Generated from src/perry_ffi/abi/table.py by `make generate`; do not edit. */\n"

# What is computed in C, because it must be there at once.
_AT_ONCE = {
    "js_container_getBackend": "return perry_active_backend();",
    "js_container_getBackendPriority": "return perry_priority();",
    "js_workload_graph": "return perry_named_object(name, spec);",
    "js_workload_node": "return perry_named_object(name, spec);",
    "js_container_module_init": "perry_signals_install();\n    perry_thread_start();",
}


_HEADERS = ("base/backend_state", "base/named_object", "signals/signals", "thread/library_thread", "thread/serving")


def _body(index: int, op: Operation) -> str:
    if op.returns is not Returns.PROMISE:
        return f"    {_AT_ONCE[op.symbol]}"
    if not op.params:
        return f"    return perry_submit({index}, NULL);"
    fields = ", ".join(f"{{.{'number' if p.kind is Kind.I64 else 'text'} = {p.name}}}" for p in op.params)
    return f"    const perry_argument arguments[] = {{{fields}}};\n    return perry_submit({index}, arguments);"


def shims() -> str:
    """The exported functions."""
    parts = [NOTICE + "".join(f'#include "{name}.h"\n' for name in _HEADERS)]
    parts += [f"{prototype(op)}\n{{\n{_body(i, op)}\n}}\n" for i, op in enumerate(OPERATIONS)]
    return "\n".join(parts)


def operations_header() -> str:
    """What the runtime knows of each operation; the position is the number that a request carries."""
    rows = []
    for op in OPERATIONS:
        names = ", ".join(f'"{p.name}"' for p in op.params) or "0"
        rows.append(f'    {{"{op.symbol}", {len(op.params)}, {{{names}}}}},')
    return (
        NOTICE
        + "#ifndef PERRY_OPERATIONS_H\n#define PERRY_OPERATIONS_H\n\n"
        + "typedef struct perry_operation {\n    const char *symbol;\n    int argc;\n    const char *names[4];\n"
        + "} perry_operation;\n\n"
        + "static const perry_operation perry_operations[] = {\n"
        + "\n".join(rows)
        + "\n};\n\n"
        + f'#define PERRY_TABLE_DIGEST "{digest()}"\n\n#endif\n'
    )


def exports_map() -> str:
    """The linker's version script: what the shared object exports, and nothing else."""
    functions = sorted(
        {
            line.split("(")[0].split()[-1].lstrip("*")
            for line in declarations().replace(",\n", ", ").splitlines()
            if "(" in line and "perry_container_" in line.split("(")[0]
        }
    )
    names = [*functions, "perry_container_claim", *(op.symbol for op in OPERATIONS)]
    names += [name for table in TABLES for name in (table, f"{table}_LENGTH")]
    listed = "".join(f"    {name};\n" for name in names)
    return f"{NOTICE}{{\n  global:\n{listed}  local:\n    *;\n}};\n"


def rows_module() -> str:
    """The rows as the serving loop needs them: plain tuples, so that nothing is computed at start-up."""
    lines = [
        f"    {(op.symbol, op.handler, op.settle_type, tuple(p.kind.value for p in op.params))!r},".replace("'", '"')
        for op in OPERATIONS
    ]
    return (
        '"""Generated from table.py by ``make generate``; do not edit.\n\n'
        'ROWS: (symbol, handler, settle type, kinds of the parameters), in the order of the numbers in a request.\n"""\n\n'
        f'DIGEST = "{digest()}"\n\n'
        "ROWS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (\n" + "\n".join(lines) + "\n)\n"
    )
