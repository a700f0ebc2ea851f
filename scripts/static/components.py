"""What the static form is made of: name, version, licence, where it is from, and the texts of its licences.

Versions and hashes are those of ``lock.json``; of the crates, those of the modules' ``Cargo.lock``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from urllib.parse import quote

from build_ffi import version
from scripts.static.crates import MODULES, crates, legal_texts, notices
from scripts.static.debian import debian_source
from scripts.static.places import LOCK, ROOT
from scripts.static.pypi import pure_packages, sdist
from scripts.static.toolchain import version_of
from scripts.static.tools import tools

# As SPDX names them. Of CPython with what lies in its tree and is linked: HACL*, libmpdec, mimalloc.
OF_DEBIAN = {
    "libffi": "MIT",
    "libyaml": "MIT",
    "openssl": "Apache-2.0",
    "python3.13": "Python-2.0.1 AND Apache-2.0 AND BSD-2-Clause AND MIT",
    "zlib": "Zlib",
}
# How distributions without an expression call their licence, in its first line.
NAMED = {"MIT": "MIT", "The MIT License (MIT)": "MIT", "MIT License": "MIT"}
# What the compiler adds: the unwinder and help for arithmetic; of glibc what never was in its shared object.
OF_COMPILER = "MIT AND Apache-2.0 WITH LLVM-exception AND LGPL-2.1-or-later"
COMPILER_TEXTS = ("LICENSE", "lib/libunwind/LICENSE.TXT", "lib/libc/glibc/LICENSES")


@dataclass(frozen=True)
class Component:
    """purl: where it is from, as package managers write it. hashes: the files that were fetched, with their SHA-256.

    within: the name of the component that brought it, where that is not the library itself.
    """

    name: str
    version: str
    licence: str
    purl: str
    texts: tuple[Path, ...]
    hashes: tuple[tuple[str, str], ...] = ()
    within: str = ""


def itself() -> Component:
    purl = f"pkg:generic/perry-container@{version()}"
    return Component("perry-container", version(), "MIT", purl, (ROOT / "LICENSE",))


def _of_debian() -> Iterator[Component]:
    for name, row in LOCK["debian"].items():
        tree = debian_source(name).folder() / "tree"
        purl = f"pkg:deb/debian/{name}@{quote(row['version'], safe='')}?arch=source&distro=trixie"
        texts = (*legal_texts(tree), tree / "debian/copyright")
        yield Component(name, row["version"], OF_DEBIAN[name], purl, texts, tuple(row["files"].items()))


def spoken_licence(metadata: str) -> str:
    """The expression in the metadata of a distribution."""
    head = HeaderParser().parsestr(metadata)
    words = (head["License"] or "").strip().splitlines() or [""]
    said = head["License-Expression"] or NAMED.get(words[0])
    if not said:
        raise SystemExit(f"static: {head['Name']} does not say its licence: {words[0]}")
    return str(said)


def _of_pypi(name: str, row: dict[str, object], metadata: Path, texts: list[Path]) -> Component:
    lower = re.sub(r"[-_.]+", "-", name).lower()
    made = str(row["version"])
    [sha256] = row["sha256"]  # type: ignore[misc]
    licence = spoken_licence(metadata.read_text())
    return Component(lower, made, licence, f"pkg:pypi/{lower}@{made}", tuple(texts), ((f"{lower}-{made}", sha256),))


def _packages() -> Iterator[Component]:
    for name, row in LOCK["sdists"].items():
        tree = sdist(name).folder() / "tree"
        yield _of_pypi(name, row, tree / "PKG-INFO", legal_texts(tree))
    for name, row in LOCK["wheels"].items():
        told = pure_packages().folder() / f"tree/{name}-{row['version']}.dist-info"
        yield _of_pypi(name, row, told / "METADATA", legal_texts(told))


def _crates() -> Iterator[Component]:
    for module in MODULES:
        folder = crates(module).folder()
        for row in json.loads((folder / "crates.json").read_text()):
            name, made = row["name"], row["version"]
            texts = tuple(legal_texts(folder / f"{name}-{made}"))
            hashes = ((f"{name}-{made}.crate", row["sha256"]),)
            within = module.replace("_", "-")
            yield Component(name, made, row["licence"], f"pkg:cargo/{name}@{made}", texts, hashes, within)


def _of_compilers() -> Iterator[Component]:
    rust = version_of("rustc").split()[1]
    texts = tuple(sorted(notices().folder().glob("*.txt")))
    yield Component("rust-std", rust, "MIT OR Apache-2.0", f"pkg:generic/rust-std@{rust}", texts)
    [zig] = tools().folder().glob("lib/python*/site-packages/ziglang")
    row = LOCK["tools"]["ziglang"]
    made, hashes = row["version"], tuple(("ziglang", sha256) for sha256 in row["sha256"])
    texts = tuple(zig / name for name in COMPILER_TEXTS)
    yield Component("ziglang", made, OF_COMPILER, f"pkg:pypi/ziglang@{made}", texts, hashes)


def components() -> list[Component]:
    """All of it, by name. A crate that both modules have in one version is told with each."""
    found = [*_of_debian(), *_packages(), *_crates(), *_of_compilers()]
    return sorted(found, key=lambda one: (one.name, one.version, one.within))
