"""The README's table of operations, between its two markers."""

from __future__ import annotations

from perry_ffi.abi.table import OPERATIONS
from perry_ffi.abi.types import Operation, Returns

BEGIN = "<!-- operations: generated from the ABI table -->"
END = "<!-- end of operations -->"


def _row(op: Operation) -> str:
    params = ", ".join(p.name for p in op.params)
    result = {Returns.STRING: "string, at once", Returns.VOID: "–"}.get(op.returns, op.settles)
    result = result.replace("|", "\\|")
    works = "yes" if op.ready else "501"
    name = op.name or "(init)"
    return f"| {op.module} | `{name}({params})` | `{op.symbol}` | {result} | {works} | {works} |"


def table() -> str:
    """The Markdown table."""
    head = "| module | operation | symbol | settles with | docker | podman |\n|---|---|---|---|---|---|\n"
    return head + "\n".join(_row(op) for op in OPERATIONS)


def readme(text: str) -> str:
    """``text`` with the table between the markers made anew; a text without markers is left as it is."""
    if BEGIN not in text or END not in text:
        return text
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"
