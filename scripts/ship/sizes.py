"""Writes into the README how large the static form and its packages are, and of what: ``python -m scripts.ship.sizes [--output DIST]``.

To be called after ``make packages``. The linker tells where each piece of the file is from; what it makes itself (relocations, tables
of symbols, of unwinding) is the rest.
"""

from __future__ import annotations

import argparse
import gzip
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from scripts.ship.launcher import NAME as LAUNCHER
from scripts.ship.launcher import STATIC
from scripts.static.link import LINKER, SOURCES
from scripts.static.linked import SYSTEM, archives
from scripts.static.places import ROOT
from scripts.static.toolchain import environment

BEGIN, END = "<!-- sizes: measured by scripts/ship/sizes.py -->", "<!-- end of sizes -->"
ROW = re.compile(r"^ *[0-9a-f]+ +[0-9a-f]+ +([0-9a-f]+) +\d+ {9}(\S.*):\((\.[^)]*)\)$", re.M)
CARRIED_ROW = re.compile(r'^    \{"([^"]+)", \d+, (\d+), \d\},$', re.M)
WITHOUT_PLACE = (".bss", ".tbss")
REST = "relocations, tables of symbols and of unwinding, alignment"
BORDER = "the border (C), and what the compiler adds"
# By the name of an object, or of the archive that it is from.
OF_OBJECTS = {
    r"libpython|libHacl|libmpdec": "Python's code",
    r"libssl|libcrypto": "OpenSSL",
    r"/pydantic_core\.o": "pydantic-core (Rust)",
    r"/cryptography\.o": "cryptography (Rust)",
    r"libextensions|libffi|libyaml|libz\.": "cffi, libffi, PyYAML, libyaml, zlib, Python's modules for OpenSSL",
    r"told\.o": "licences and the bill of materials",
}
# By the name of a module, the first that fits.
OF_MODULES = {
    r"perry_ffi/.*tables$|start\.tables": "tables of the start",
    r"perry_ffi\b": "modules of the library's own",
    r"anyio|h11|h2|hpack|hyperframe|cryptography|yaml|idna|rich|cffi|_cffi|pydantic_core|typing_extensions": "modules of the other packages",
}
STANDARD = "modules of the standard library"


def _group(name: str, table: dict[str, str], otherwise: str) -> str:
    return next((group for pattern, group in table.items() if re.search(pattern, name)), otherwise)


def of_map(text: str) -> Counter[str]:
    """Bytes of each group of objects, by the linker's map."""
    found: Counter[str] = Counter()
    for size, name, section in ROW.findall(text):
        if not section.startswith(WITHOUT_PLACE) and not name.startswith("<internal>"):
            found["carried" if "carried_bytes.o" in name else _group(name, OF_OBJECTS, BORDER)] += int(size, 16)
    return found


def of_carried(rows: str) -> Counter[str]:
    """Bytes of each group of modules, by the table of those that are carried."""
    found: Counter[str] = Counter()
    for name, size in CARRIED_ROW.findall(rows):
        top = name if "/" in name else name.split(".")[0]
        found[_group(top, {f"^(?:{pattern})": group for pattern, group in OF_MODULES.items()}, STANDARD)] += int(size)
    return found


def _map(folder: Path) -> str:
    """The linker's map of the objects that ``make static`` left in ``folder``."""
    with tempfile.TemporaryDirectory() as place:
        flags = [f"-Wl,{word.format(library='x', exports=SOURCES / 'exports/exports.map')}" for word in LINKER]
        inputs = [*sorted((folder / "objects").glob("*.o")), *archives()]
        command = ["perry-cc", "-shared", *flags, "-Wl,--print-map", *map(str, inputs), "-o", f"{place}/x", *SYSTEM]
        return subprocess.run(command, env=environment(), capture_output=True, text=True, check=True).stdout


def parts(library: Path) -> Counter[str]:
    """What the file is made of; the sum is its size."""
    folder = library.parent / "objects"
    found = of_map(_map(folder))
    del found["carried"]
    found += of_carried((folder / "carried_rows.c").read_text())
    found[REST] = library.stat().st_size - found.total()
    return found


def _compressed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def _mb(size: int) -> str:
    return f"{size / 1e6:.2f} MB"


def rows(library: Path, output: Path) -> Iterator[tuple[str, str, str]]:
    """Name, size and a word of each; packages that were not made are left out."""
    yield "`libperry_container.so`", _mb(library.stat().st_size), f"{_mb(_compressed(library))} by gzip; of this:"
    yield from ((f"– {name}", _mb(size), "") for name, size in parts(library).most_common())
    launcher = library.parent / LAUNCHER
    yield f"`{LAUNCHER}`", _mb(launcher.stat().st_size), "the program beside it"
    packages = {
        "*.whl": "the wheel: library, program, header, tables, licences",
        "npm/perry-container-[0-9]*.tgz": "the npm package with the library inside; without it it has {without}",
        "npm/perry-container-executable-*.tgz": "the npm package whose programs have the library in themselves",
        "debian/libperry-container0_*.deb": "Debian's package of the library, by xz",
    }
    without = next(iter(output.glob("npm/split/perry-container-[0-9]*.tgz")), None)
    for pattern, words in packages.items():
        for path in sorted(output.glob(pattern)):
            yield (
                f"`{path.name}`",
                _mb(path.stat().st_size),
                words.format(without=_mb(without.stat().st_size) if without else "less"),
            )


def table(found: Iterable[tuple[str, str, str]]) -> str:
    return "| what | size | |\n|---|---|---|\n" + "".join(f"| {' | '.join(row)} |\n" for row in found)


def written(text: str, made: str) -> str:
    """The README with this table between its markers. Raises ValueError where they are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the README has no place for the sizes")
    return f"{before}{BEGIN}\n{made}{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, default=STATIC)
    parser.add_argument("--output", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    readme = ROOT / "README.md"
    readme.write_text(written(readme.read_text(), table(rows(options.library, options.output))))


if __name__ == "__main__":
    main()
