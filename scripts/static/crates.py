"""Which crates of Rust are in the two extension modules, by what cargo says, and their licences; and those of Rust's own library."""

from __future__ import annotations

import html
import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

from scripts.static.places import Part, quietly
from scripts.static.pypi import sdist
from scripts.static.toolchain import RUST_TARGET, environment, version_of

# By the source distribution: the crate that is compiled.
MODULES = {"pydantic_core": "pydantic-core", "cryptography": "cryptography-rust"}
# What is the texts of a licence, and not one that nobody here goes by: of two to choose from, or for tools of a build.
LEGAL = re.compile(r"(un)?licen[cs]e|copying|notice|copyright", re.IGNORECASE)
NOT_OURS = re.compile(r"GPL|BUILDTOOLS")
# Where a Rust has the notices of its library: rustup's, Debian's.
NOTICES = ("share/doc/rust/COPYRIGHT-library.html", "share/doc/rust/COPYRIGHT", "share/doc/rustc/copyright")


def legal_texts(folder: Path) -> list[Path]:
    """The licences that lie in a folder of sources, or of what it was made into."""
    found = [path for place in (folder, folder / "licenses") if place.is_dir() for path in place.iterdir() if path.is_file()]
    return sorted(path for path in found if LEGAL.match(path.name) and not NOT_OURS.search(path.name))


def _cargo(tree: Path, *words: str) -> str:
    return quietly(["cargo", *words, "--locked"], cwd=tree, env=environment())


def _linked(tree: Path, package: str) -> set[tuple[str, str]]:
    """Names and versions; what only compiles others (build scripts, macros) is not among them."""
    of_link = ("--edges", "normal,no-proc-macro", "--target", RUST_TARGET, "--package", package)
    lines = _cargo(tree, "tree", *of_link, "--prefix", "none", "--format", "{p}").splitlines()
    return {(name, version.removeprefix("v")) for name, version, *_ in (line.split() for line in lines)}


def _described(tree: Path, package: str) -> list[dict[str, Any]]:
    linked = _linked(tree, package)
    metadata = json.loads(_cargo(tree, "metadata", "--format-version", "1", "--filter-platform", RUST_TARGET))
    # One that has no source is a part of the module itself.
    return [one for one in metadata["packages"] if one["source"] and (one["name"], one["version"]) in linked]


def _fill(folder: Path, source: Path, package: str) -> None:
    tree = folder / "tree"
    shutil.copytree(source, tree, ignore=shutil.ignore_patterns("rust-toolchain*", ".cargo"))
    locked = tomllib.loads((tree / "Cargo.lock").read_text())["package"]
    sums = {(row["name"], row["version"]): row.get("checksum") for row in locked}
    rows = []
    for one in _described(tree, package):
        name, version = one["name"], one["version"]
        texts = folder / f"{name}-{version}"
        texts.mkdir()
        for path in legal_texts(Path(one["manifest_path"]).parent):
            shutil.copyfile(path, texts / path.name)
        licence = re.sub(r"\s*/\s*", " OR ", one["license"])
        rows.append({"name": name, "version": version, "licence": licence, "sha256": sums[name, version]})
    (folder / "crates.json").write_text(json.dumps(sorted(rows, key=lambda row: (row["name"], row["version"]))))
    shutil.rmtree(tree)


def crates(name: str) -> Part:
    """``crates.json``, and beside it a folder of licences for each."""

    def recipe(folder: Path) -> None:
        _fill(folder, sdist(name).folder() / "tree", MODULES[name])

    return Part(f"crates-{name}", recipe, (sdist(name).key,))


def split_notices(page: str) -> list[str]:
    """The texts of a page that has many licences one after the other, most of them again and again: what is said, and each once."""
    block = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)
    seen: dict[str, str] = {}
    for text in (block.sub("", page), *block.findall(page)):
        plain = html.unescape(re.sub(r"<[^>]*>", "", text))
        plain = re.sub(r"\n\s*\n+", "\n\n", plain).strip("\n") + "\n"
        seen.setdefault(" ".join(plain.split()), plain)
    return list(seen.values())


def _notices(folder: Path) -> None:
    root = Path(quietly(["rustc", "--print", "sysroot"], env=environment()).strip())
    found = next((root / place for place in NOTICES if (root / place).exists()), None)
    if found is None:
        raise SystemExit(f"static: this Rust has no notices of its library: {', '.join(NOTICES)} below {root}")
    for number, text in enumerate(split_notices(found.read_text())):
        (folder / f"{number:02}.txt").write_text(text)


def notices() -> Part:
    """The licences of Rust's own library."""
    return Part("rust-notices", _notices, (version_of("rustc"),))
