"""Relocations that wait: ``python -m scripts.static.late LIBRARY``, run by the tools' Python, after the link.

A pointer that lies in data is one relocation, and Python, OpenSSL and the modules of Rust have seventy thousand of them on four
hundred pages: made by the loader they are most of the time of a dlopen, in programs too that never make a call. So the loader's
list ends after those of the border itself; the others come behind its end, and ``python/carried/relocations.c`` makes them when
the library's thread starts, before anything else of Python's runs. What is to be called at a load and uses such data is called then.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Any

# What the border, which is there before Python, has in sections of its own names, also what its compiler puts there unasked.
EARLY = {".data": ".perry_early", ".data.rel.ro": ".perry_early_ro"}
LATE = (".data.rel.ro", ".data", ".PyRuntime")
RELATIVE = 8  # R_X86_64_RELATIVE
DT_INIT, DT_RELASZ, DT_INIT_ARRAYSZ, DT_RELACOUNT = 12, 8, 27, 0x6FFFFFF9
# A tag for systems' own use, which loaders pass over and relocations.c reads: how many relocations wait, and above, how many
# functions. It takes the place of a count that is but a hint.
DT_PERRY_LATE = 0x60005052
# The last of the functions that are called at a load: CPython's allocator has one. Those of Rust's come first, then the border's.
FUNCTIONS = 1
ENTRY = struct.Struct("<QQq")
TAG = struct.Struct("<QQ")


def split(entries: list[bytes], places: list[range]) -> tuple[list[bytes], list[bytes]]:
    """Those for the loader, and those that wait: for a place in one of the ranges, and of the simple kind."""
    early, late = [], []
    for entry in entries:
        offset, info, _ = ENTRY.unpack(entry)
        waits = info == RELATIVE and any(offset in place for place in places)
        (late if waits else early).append(entry)
    return early, late


def _pieces(content: bytes, section: Any, size: int) -> list[bytes]:
    start = section["sh_offset"]
    return [content[at : at + size] for at in range(start, start + section["sh_size"], size)]


def put_off(content: bytes, elf: Any) -> bytes:
    """The file with the two lists."""
    sections = [one for name in LATE if (one := elf.get_section_by_name(name))]
    places = [range(one["sh_addr"], one["sh_addr"] + one["sh_size"]) for one in sections]
    relocations, dynamic = elf.get_section_by_name(".rela.dyn"), elf.get_section_by_name(".dynamic")
    early, late = split(_pieces(content, relocations, ENTRY.size), places)
    changed = bytearray(content)
    start = relocations["sh_offset"]
    changed[start : start + relocations["sh_size"]] = b"".join(early + late)
    for number, entry in enumerate(_pieces(content, dynamic, TAG.size)):
        tag, value = TAG.unpack(entry)
        if tag == DT_INIT:
            sys.exit("static: the library has a function to be called at its load that cannot be put off")
        written = {
            DT_RELASZ: (DT_RELASZ, len(early) * ENTRY.size),
            DT_RELACOUNT: (DT_PERRY_LATE, FUNCTIONS << 32 | len(late)),
            DT_INIT_ARRAYSZ: (DT_INIT_ARRAYSZ, value - 8 * FUNCTIONS),
        }.get(tag, (tag, value))
        TAG.pack_into(changed, dynamic["sh_offset"] + number * TAG.size, *written)
    return bytes(changed)


def main(library: Path) -> None:
    from elftools.elf.elffile import ELFFile  # which the tools' Python has

    with library.open("rb") as file:
        changed = put_off(library.read_bytes(), ELFFile(file))
    library.write_bytes(changed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
