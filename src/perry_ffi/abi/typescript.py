"""What a TypeScript program compiled by Perry needs, from the table: the forwards of the static archive, the manifest of
the package's functions, and the declarations of the raw symbols."""

from __future__ import annotations

import json

from perry_ffi.abi.header import prototype
from perry_ffi.abi.table import OPERATIONS
from perry_ffi.abi.types import Kind, Operation, Returns

C_NOTICE = "/* Generated from src/perry_ffi/abi/table.py by `make generate`; do not edit. */\n"
TS_NOTICE = "// Generated from src/perry_ffi/abi/table.py by `make generate`; do not edit.\n"

# What an operation that returns a string answers where the shared object cannot be opened.
_STRING_WITHOUT_LIBRARY = {
    "js_container_getBackend": "unknown",
    "js_container_getBackendPriority": "[]",
    "js_workload_graph": "null",
    "js_workload_node": "null",
}


def typescript_symbol(op: Operation) -> str:
    """The name under which TypeScript calls an operation: the compiler's tools know only names that begin with js_."""
    return op.symbol if op.symbol.startswith("js_") else f"js_{op.module}_{op.name}"


def _alias(op: Operation) -> str:
    """The same function under its other name."""
    signature = prototype(op).replace(op.symbol, typescript_symbol(op))
    arguments = ", ".join(p.name for p in op.params)
    return f"{signature};\n{signature}\n{{\n    return {op.symbol}({arguments});\n}}\n"


def _forward(index: int, op: Operation) -> str:
    signature = prototype(op)
    result, parameters = signature.split(op.symbol, 1)
    arguments = ", ".join(p.name for p in op.params)
    call = f"(({result}(*){parameters})function)({arguments})"
    lines = [signature, "{", f"    perry_forward function = perry_forward_to({index});"]
    if op.returns is Returns.VOID:
        lines += ["    if (function)", f"        {call};"]
    else:
        without = f"perry_forward_refused({index})"
        if op.returns is Returns.STRING:
            without = f'perry_runtime_string("{_STRING_WITHOUT_LIBRARY[op.symbol]}")'
        lines.append(f"    return function ? {call} : {without};")
    return "\n".join([*lines, "}"]) + "\n"


def forwards() -> str:
    """The C source of the archive's exported functions."""
    names = "".join(f'    "{op.symbol}",\n' for op in OPERATIONS)
    parts = [
        C_NOTICE + '#include "perry_stub.h"\n',
        (
            f"const size_t perry_forward_count = {len(OPERATIONS)};\n"
            f"perry_forward perry_forward_functions[{len(OPERATIONS)}];\n"
            f"const char *const perry_forward_names[] = {{\n{names}}};\n"
        ),
    ]
    parts += [_forward(index, op) for index, op in enumerate(OPERATIONS)]
    parts += [_alias(op) for op in OPERATIONS if typescript_symbol(op) != op.symbol]
    return "\n".join(parts)


def _manifest_result(op: Operation) -> str:
    if op.returns is Returns.PROMISE:
        settled = {"void": "void", "i64": "f64", "json": "string"}[op.settle_type]
        return f"promise<{settled}>"
    return op.returns.value


def functions() -> list[dict[str, object]]:
    """The block ``perry.nativeLibrary.functions`` of the package's ``package.json``."""
    return [
        {
            "name": typescript_symbol(op),
            "params": ["i64" if p.kind is Kind.I64 else "string" for p in op.params],
            "returns": _manifest_result(op),
        }
        for op in OPERATIONS
    ]


def package_json(text: str) -> str:
    """The package's manifest with its functions block brought up to date; everything else stays as it is.

    text: the manifest as it is. Raises KeyError if it has no ``perry.nativeLibrary``.
    """
    manifest = json.loads(text)
    manifest["perry"]["nativeLibrary"]["functions"] = "FUNCTIONS"
    rows = ",\n".join(f"        {json.dumps(row)}" for row in functions())
    return json.dumps(manifest, indent=2).replace('"FUNCTIONS"', f"[\n{rows}\n      ]") + "\n"


def _declared_result(op: Operation) -> str:
    if op.returns is Returns.PROMISE:
        settled = {"void": "void", "i64": "number", "json": "string"}[op.settle_type]
        return f"Promise<{settled}>"
    return op.returns.value


def _raw(op: Operation) -> str:
    typed = ", ".join(f"{p.name}: {'number' if p.kind is Kind.I64 else 'string'}" for p in op.params)
    names = ", ".join(p.name for p in op.params)
    symbol, result = typescript_symbol(op), _declared_result(op)
    keyword = "" if op.returns is Returns.VOID else "return "
    return (
        f"declare function {symbol}({typed}): {result};\n"
        f"/** {op.doc} */\n"
        f"export function {symbol.removeprefix('js_')}({typed}): {result} {{\n"
        f"  {keyword}{symbol}({names});\n}}\n"
    )


def raw_module() -> str:
    """The symbols as TypeScript functions: JSON in, JSON out, handles as numbers, flags as 0 and 1.

    The compiler takes a call for one of the manifest's functions where the module itself declares the name: so each is
    declared and exported here, and nowhere else.
    """
    notice = (
        TS_NOTICE + "// In a json parameter the empty string reads as absent. A rejection is an Error whose message is"
        " the error object's JSON.\n"
    )
    return notice + "\n" + "\n".join(_raw(op) for op in OPERATIONS)
