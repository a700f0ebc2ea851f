"""The library as one relocatable object, for programs that are to have it in themselves.

Its only global name is ``perry_container_linked``, which gives the functions of the library by their names: so nothing of Python's,
OpenSSL's, zlib's or Rust's meets what else the program links, be it another copy of the same. What it needs is glibc and an unwinder
(libgcc's), which programs with Rust in them have.
"""

from __future__ import annotations

import re
from pathlib import Path

from build_ffi import SOURCES
from scripts.static.linked import archives
from scripts.static.toolchain import binutils, compile_all, run

NAME = "perry_container.o"
ENTRY = "perry_container_linked"
# Beside what is for a debugger: what LLVM leaves for itself, and programs that read symbols take for the whole.
STRIPPED = ["--strip-debug", "--strip-unneeded", *(f"--remove-section=.llvm{name}" for name in ("bc", "cmd", "_addrsig"))]
SOURCE = """
/* Written by scripts/static/joined.py. */
#include <stddef.h>
#include <string.h>

typedef void (*function)(void);

{declarations}

__attribute__((visibility("default"))) function {entry}(const char *name);

function {entry}(const char *name)
{{
    static const struct {{
        const char *name;
        function function;
    }} rows[] = {{
{rows}
    }};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(name, rows[i].name) == 0)
            return rows[i].function;
    return NULL;
}}
"""


def functions() -> list[str]:
    """What a host calls: of the exported names those that are functions."""
    listed: list[str] = re.findall(r"^    (\w+);", (SOURCES / "exports/exports.map").read_text(), re.M)
    return [name for name in listed if not name.isupper() and name != "perry_container_claim"]


def _lookup(folder: Path) -> Path:
    names = functions()
    source = folder / "joined.c"
    declarations = "\n".join(f"extern void {name}(void);" for name in names)
    rows = "\n".join(f'        {{"{name}", {name}}},' for name in names)
    source.write_text(SOURCE.format(entry=ENTRY, declarations=declarations, rows=rows))
    return source


def join(folder: Path, objects: list[Path]) -> Path:
    """Makes the object in ``folder``. objects: those of the border."""
    lookup = compile_all([_lookup(folder)], folder / "joined")
    inputs = [str(path) for path in (*lookup, *objects, *archives())]
    joined, made = folder / "joined.o", folder / NAME
    kept = ["-d", "--gc-sections", "-u", ENTRY, "-e", ENTRY]
    # What several objects may have, once (-d, groups), the program may have as well: it becomes this one's own.
    run([binutils("ld"), "-r", "--force-group-allocation", *kept, "-o", str(joined), *inputs])
    run([binutils("objcopy"), *STRIPPED, f"--keep-global-symbol={ENTRY}", str(joined), str(made)])
    joined.unlink()
    return made
