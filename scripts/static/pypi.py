"""Packages of PyPI, fetched by pip and held to the hashes of ``lock.json``."""

from __future__ import annotations

import json
import os
import tarfile
import zipfile
from pathlib import Path

from scripts.static.places import LOCK, Part, digest, quietly
from scripts.static.tools import python, requirements


def pip_download(folder: Path, lines: str, *options: str) -> list[Path]:
    """What the lines name, held to their hashes."""
    wanted = folder / "requirements.txt"
    wanted.write_text(lines)
    # pip asks a source distribution for its metadata, and so runs what builds it: maturin is a program.
    path = {**os.environ, "PATH": f"{python().parent}:{os.environ['PATH']}"}
    command = [
        str(python()),
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--require-hashes",
        *options,
    ]
    quietly([*command, "--dest", str(folder / "files"), "--requirement", str(wanted)], env=path)
    return sorted((folder / "files").iterdir())


def sdist(name: str) -> Part:
    """The unpacked source distribution: ``tree`` in the part's folder."""

    def recipe(folder: Path) -> None:
        [archive] = pip_download(folder, requirements("sdists", name), "--no-binary", ":all:")
        with tarfile.open(archive) as tar:
            tar.extractall(folder / "unpacked", filter="data")
        [top] = (folder / "unpacked").iterdir()
        top.rename(folder / "tree")

    return Part(f"source-{name}", recipe, (json.dumps(LOCK["sdists"][name]),))


def pure_packages() -> Part:
    """The packages that are Python alone, laid out as on an import path."""

    def recipe(folder: Path) -> None:
        for wheel in pip_download(folder, requirements("wheels"), "--only-binary", ":all:"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder / "tree")

    return Part("packages", recipe, (digest(requirements("wheels")),))
