"""Makes the carried modules: ``python -m scripts.static.carry FOLDER < order.json``, run by the very Python that is linked.

The order says in which folders to look (``folders``), which files stand in for some of theirs (``replaced``), what is
compiled in beside Python's own modules (``linked``: names and functions), the file of the finder, and files of data by their
names. ``FOLDER`` gets ``carried.bin`` (marshalled code and data, one after the other), ``carried_bytes.S``, which puts it into
the shared object, and ``carried_rows.c`` with the tables.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.static import lazy_names
from scripts.static.gather import Module, Trees, gather, unforgivable
from scripts.static.lazy_names import with_names

# Needed before Python can call a finder: it decodes names, and it warns.
FROZEN = ("encodings", "encodings.aliases", "encodings.ascii", "encodings.latin_1", "encodings.utf_8", "warnings")
FINDER = "perry_carried"
MODULE, PACKAGE, DATA, FINDER_KIND = 0, 1, 2, 3

# The check sum is for compilers that keep what they have made by the text that it was made from.
ASSEMBLER = """
/* {sum} */
.section .rodata.perry_carried_bytes, "a", @progbits
.globl perry_carried_bytes
.hidden perry_carried_bytes
.type perry_carried_bytes, @object
.balign 16
perry_carried_bytes:
.incbin "{path}"
.size perry_carried_bytes, . - perry_carried_bytes
.section .note.GNU-stack, "", @progbits
"""


@dataclass(frozen=True)
class Entry:
    name: str
    kind: int
    content: bytes


def marshalled(text: bytes, label: str) -> bytes:
    """The code of a module, free of what this process has seen before: how often an object is used decides on its form."""
    code = compile(text, label, "exec", dont_inherit=True, optimize=0)
    return marshal.dumps(marshal.loads(marshal.dumps(code)))


def text_of(module: Module) -> bytes:
    return with_names(module.file) if module.name == lazy_names.MODULE else module.file.read_bytes()


def entries(order: dict[str, Any]) -> list[Entry]:
    trees = Trees([Path(folder) for folder in order["folders"]], {name: Path(file) for name, file in order["replaced"].items()})
    known = set(sys.builtin_module_names) | set(order["linked"]) | {"_frozen_importlib", "_frozen_importlib_external"}
    result = gather(trees, known)
    lost = unforgivable(result)
    if lost:
        sys.exit("static: imported, but neither carried nor linked:\n  " + "\n  ".join(lost))
    made = [
        Entry(module.name, PACKAGE if module.is_package else MODULE, marshalled(text_of(module), module.label))
        for module in result.modules.values()
    ]
    made += [Entry(name, DATA, Path(file).read_bytes()) for name, file in order["data"].items()]
    made.append(Entry(FINDER, FINDER_KIND, marshalled(Path(order["finder"]).read_bytes(), "perry_ffi/interpreter/carried.py")))
    return sorted(made, key=lambda entry: entry.name.encode())


def tables(found: list[Entry], linked: dict[str, str]) -> str:
    """The C source of the tables."""
    rows, frozen, offset = [], [], 0
    for entry in found:
        length = len(entry.content)
        if entry.kind != FINDER_KIND:
            rows.append(f'    {{"{entry.name}", {offset}, {length}, {entry.kind}}},')
        if entry.kind == FINDER_KIND or entry.name in FROZEN:
            place = f"(const unsigned char *)perry_carried_bytes + {offset}"
            frozen.append(f'    {{"{entry.name}", {place}, {length}, {int(entry.kind == PACKAGE)}}},')
        offset += length
    functions = sorted(set(linked.values()))
    return "\n".join(
        [
            "/* Written by scripts/static/carry.py. */",
            '#include "python/carried/carried.h"',
            "",
            *(f"extern PyObject *{function}(void);" for function in functions),
            "",
            "const perry_carried_row perry_carried_rows[] = {",
            *rows,
            "};",
            f"const size_t perry_carried_count = {len(rows)};",
            "const struct _frozen perry_carried_frozen[] = {",
            *frozen,
            "    {NULL, NULL, 0, 0},",
            "};",
            "struct _inittab perry_carried_linked[] = {",
            *(f'    {{"{name}", {function}}},' for name, function in sorted(linked.items())),
            "    {NULL, NULL},",
            "};",
            "",
        ]
    )


def main(folder: Path) -> None:
    order = json.load(sys.stdin)
    found = entries(order)
    content = b"".join(entry.content for entry in found)
    (folder / "carried.bin").write_bytes(content)
    (folder / "carried_bytes.S").write_text(
        ASSEMBLER.format(path=folder / "carried.bin", sum=hashlib.sha256(content).hexdigest())
    )
    (folder / "carried_rows.c").write_text(tables(found, order["linked"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
