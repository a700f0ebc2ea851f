"""Names as WIT has them: words of lower-case letters and digits, with hyphens between."""

from __future__ import annotations

import re

KEYWORDS = frozenset((
    "as", "async", "bool", "borrow", "char", "constructor", "enum", "error-context", "export", "f32", "f64", "flags",
    "from", "func", "future", "import", "include", "interface", "list", "map", "option", "own", "package", "record",
    "resource", "result", "s16", "s32", "s64", "s8", "static", "stream", "string", "tuple", "type", "u16", "u32", "u64",
    "u8", "use", "variant", "with", "world",
))  # fmt: skip


def kebab(name: str) -> str:
    """``exitCode``, ``exit_code`` and ``ExitCode`` as ``exit-code``; a word that begins with a digit belongs to the one before it."""
    words = re.split(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])", name)
    return re.sub(r"-(?=[0-9])", "", "-".join(word.lower() for word in words if word))


def identifier(name: str) -> str:
    """``name`` where a definition or a use stands: ``%`` says that it is no keyword."""
    return f"%{name}" if name in KEYWORDS else name
