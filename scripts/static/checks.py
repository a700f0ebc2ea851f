"""Looks at the shared object: ``python -m scripts.static.checks LIBRARY``, run by the tools' Python.

What it offers is what the linker's list says; what it needs is glibc 2.17 and nothing else; it names no folder of the machine
that built it. Each thing that is not so is told in a line, and the exit code is 1.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile

from scripts.static.places import ROOT, cache

EXPORTS = ROOT / "src/perry_ffi/abi/c/exports/exports.map"
OF_GLIBC = {"libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0", "libutil.so.1", "ld-linux-x86-64.so.2"}
NEWEST = (2, 17)
POLICY = "manylinux_2_17_x86_64"


def listed() -> set[str]:
    """The names that the linker's list makes global."""
    text = EXPORTS.read_text().partition("global:")[2].partition("local:")[0]
    return set(re.findall(r"^\s+(\w+);", text, re.M))


def _symbols(elf: ELFFile) -> Iterator[tuple[str, Any]]:
    for symbol in elf.get_section_by_name(".dynsym").iter_symbols():
        if symbol.name:
            yield symbol.name, symbol


def wrong_exports(elf: ELFFile) -> Iterator[str]:
    found = {name for name, symbol in _symbols(elf) if symbol["st_shndx"] != "SHN_UNDEF"}
    yield from (f"exports {name}, which is not in the list" for name in sorted(found - listed()))
    yield from (f"does not export {name}" for name in sorted(listed() - found))


def wrong_needs(elf: ELFFile) -> Iterator[str]:
    tags = elf.get_section_by_name(".dynamic").iter_tags()
    needed = {tag.needed for tag in tags if tag.entry.d_tag == "DT_NEEDED"}
    yield from (f"needs {name}" for name in sorted(needed - OF_GLIBC))
    wanted = elf.get_section_by_name(".gnu.version_r")
    for library, versions in wanted.iter_versions() if wanted else ():
        for one in versions:
            number = tuple(map(int, re.findall(r"\d+", one.name)))
            if not one.name.startswith("GLIBC_") or number > NEWEST:
                yield f"needs {one.name} of {library.name}"


def unversioned(elf: ELFFile) -> Iterator[str]:
    """Undefined symbols that no version of glibc's is bound to: nobody might have them. Weak ones can be missing."""
    versions = elf.get_section_by_name(".gnu.version")
    for number, symbol in enumerate(elf.get_section_by_name(".dynsym").iter_symbols()):
        undefined = symbol.name and symbol["st_shndx"] == "SHN_UNDEF" and symbol["st_info"]["bind"] != "STB_WEAK"
        if undefined and (not versions or versions.get_symbol(number)["ndx"] in ("VER_NDX_LOCAL", "VER_NDX_GLOBAL")):
            yield f"{symbol.name} is undefined"


def folders_named(library: Path) -> Iterator[str]:
    content = library.read_bytes()
    for folder in (cache(), ROOT, Path.home()):
        if str(folder) != "/" and f"{folder}/".encode() in content:
            place = content.index(f"{folder}/".encode())
            yield f"names a folder of this machine: {content[place : place + 100]!r}"
            return


def policy(library: Path) -> Iterator[str]:
    """auditwheel's word; it looks at wheels, so the library is put into one."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(folder) / "perry_container-0-py3-none-linux_x86_64.whl"
        place = f"perry_ffi/lib/{library.name}"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.write(library, place)
            archive.writestr("perry_container-0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-linux_x86_64\n")
            archive.writestr("perry_container-0.dist-info/RECORD", f"{place},,\n")
        command = [sys.executable, "-m", "auditwheel", "show", str(wheel)]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
    if POLICY not in said.stdout:
        yield f"auditwheel does not say {POLICY}: {' '.join((said.stdout + said.stderr).split())}"


def findings(library: Path) -> list[str]:
    with library.open("rb") as file:
        elf = ELFFile(file)
        found = [*wrong_exports(elf), *wrong_needs(elf), *unversioned(elf)]
    return [*found, *folders_named(library), *policy(library)]


if __name__ == "__main__":
    found = findings(Path(sys.argv[1]))
    print("\n".join(f"static: {sys.argv[1]} {line}" for line in found), file=sys.stderr, end="\n" if found else "")
    sys.exit(1 if found else 0)
