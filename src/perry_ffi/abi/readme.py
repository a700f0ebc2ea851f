"""The README's tables of operations and of engines, each between its two markers."""

from __future__ import annotations

from perry_ffi import drivers
from perry_ffi.abi import backend_names
from perry_ffi.abi.table import OPERATIONS
from perry_ffi.abi.types import Operation, Returns

BEGIN = "<!-- operations: generated from the ABI table -->"
END = "<!-- end of operations -->"


def _row(op: Operation) -> str:
    params = ", ".join(p.name for p in op.params)
    result = {Returns.STRING: "string, at once", Returns.VOID: "–"}.get(op.returns, op.settles)
    result = result.replace("|", "\\|")
    works = [("501" if not op.ready else "no" if op.name in row.without else "yes") for row in drivers.DRIVEN]
    name = op.name or "(init)"
    return f"| {op.module} | `{name}({params})` | `{op.symbol}` | {result} |" + "".join(f" {word} |" for word in works)


def table() -> str:
    """The Markdown table."""
    engines = "".join(f" {row.name} |" for row in drivers.DRIVEN)
    head = f"| module | operation | symbol | settles with |{engines}\n|---|---|---|---|{'---|' * len(drivers.DRIVEN)}\n"
    return head + "\n".join(_row(op) for op in OPERATIONS)


def readme(text: str) -> str:
    """``text`` with the tables between their markers made anew; a text without markers is left as it is."""
    text = _between(BEGIN, table(), END, text)
    return _between(backend_names.BEGIN, backend_names.table(), backend_names.END, text)


def _between(begin: str, made: str, end: str, text: str) -> str:
    if begin not in text or end not in text:
        return text
    before, rest = text.split(begin, 1)
    after = rest.split(end, 1)[1]
    return f"{before}{begin}\n{made}\n{end}{after}"
