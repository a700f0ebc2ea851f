"""The C header and the declarations for cffi, from the table."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from perry_ffi.abi.table import OPERATIONS, TABLES
from perry_ffi.abi.types import Kind, Operation, Returns, Strings

PREFACE = Path(__file__).parent / "c" / "exports" / "preface.h"
WIDTH = 116
TITLES = {
    "container": "perry/container",
    "compose": "perry/compose",
    "workloads": "perry/workloads",
}


def prototype(op: Operation) -> str:
    """The declaration of an operation's function, without the semicolon."""
    result = {
        Returns.PROMISE: "PerryPromise *",
        Returns.STRING: "const PerryStringHeader *",
        Returns.VOID: "void ",
    }[op.returns]
    kinds = {Kind.I64: "int64_t "}
    params = ", ".join(kinds.get(p.kind, "const PerryStringHeader *") + p.name for p in op.params)
    return f"{result}{op.symbol}({params or 'void'})"


def _result(op: Operation) -> str:
    if op.returns is Returns.VOID:
        return "Result: none."
    if op.returns is Returns.STRING:
        owner = {
            Strings.STATIC: "static, never freed",
            Strings.FREED_BY_CALLER: "the caller's, freed with perry_container_string_free",
        }[op.strings or Strings.STATIC]
        return f"Result: a string at once, {owner}; in a host that makes strings, the host's own."
    if op.settles in ("void", "i64"):
        settled = {"void": "nothing", "i64": f"a handle of a {op.handle} (int64_t)"}[op.settles]
    else:
        settled = f"JSON: {op.settles}"
    return f"Settles with {settled}."


def _paragraphs(op: Operation) -> list[str]:
    lines = [op.doc]
    for param in op.params:
        kind = f"json {param.model}" if param.kind is Kind.JSON else param.kind.value
        lines.append(f"{param.name}: {kind}; {param.doc}.")
    lines.append(_result(op))
    if not op.ready:
        lines.append("Not in this version: rejects with 501 Unsupported.")
    return lines


def comment(op: Operation) -> str:
    """The doc comment of an operation: meaning, parameters, result."""
    wrapped = [
        line
        for paragraph in _paragraphs(op)
        for line in textwrap.wrap(paragraph, WIDTH - 3, subsequent_indent="  ", break_long_words=False)
    ]
    wrapped[0] = "/* " + wrapped[0]
    return "\n".join([wrapped[0], *(" * " + line for line in wrapped[1:])]) + " */"


def header() -> str:
    """The text of ``include/perry_container.h``."""
    parts = [PREFACE.read_text()]
    for module, title in TITLES.items():
        parts.append(f"/* ---- {title} " + "-" * (90 - len(title)) + " */\n")
        parts += [f"{comment(op)}\nPERRY_CONTAINER_API {prototype(op)};\n" for op in OPERATIONS if op.module == module]
    parts.append("/* The rows of the tables above, in order, for compilers that dispatch calls to them. */\n")
    for name in TABLES:
        parts.append(f"extern PERRY_CONTAINER_API const PerryContainerRow {name}[];")
        parts.append(f"extern PERRY_CONTAINER_API const size_t {name}_LENGTH;")
    parts.append("\n#ifdef __cplusplus\n}\n#endif\n\n#endif")
    return "\n".join(parts) + "\n"


def declarations() -> str:
    """The header as cffi's ``cdef`` reads it: declarations and number macros, no other directives, no comments."""
    text = re.sub(r"/\*.*?\*/", "", header(), flags=re.S)
    text = text.replace("PERRY_CONTAINER_API ", "").replace("\\\n", "")
    # cffi reads no variable that is declared const.
    text = text.replace("extern const size_t ", "extern size_t ")
    kept = []
    for line in text.splitlines():
        if number := re.match(r"#define (PERRY_\w+) \(?(-?\d+)\)?\s*$", line):
            kept.append(f"#define {number[1]} {number[2]}")
        elif not line.startswith("#") and line.strip() and line.strip() not in ('extern "C" {', "}"):
            kept.append(line)
    return "\n".join(kept) + "\n"
