"""The npm packages, in three layouts.

``perry-container`` with everything inside, for x86_64 Linux with glibc: Perry's compiler takes one archive, at a path inside the
package that names it, and cannot choose one by processor or libc. Below ``split``, for a registry: the same without the library,
and the library as a package of its platform, which npm chooses by ``os``, ``cpu`` and ``libc``. ``perry-container-executable`` has the
library in the archive itself, so that a program is one file; an application takes it by the name of the first.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from build_ffi import LIBRARY, version
from build_perry import ARCHIVE, PACKAGE
from scripts.ship.launcher import NAME as LAUNCHER
from scripts.static.joined import NAME as JOINED
from scripts.static.places import ROOT
from scripts.static.told import FILES
from scripts.static.toolchain import environment

PLATFORM = {"os": ["linux"], "cpu": ["x64"], "libc": ["glibc"]}
OF_PLATFORM = "perry-container-linux-x64-gnu"
EXECUTABLE = "perry-container-executable"


def _archive(folder: Path, joined: Path | None) -> None:
    """The archive that Perry links, of this compiler for glibc 2.17; it notes no place of this machine."""
    code = "import build_perry, pathlib, sys; output, *joined = map(pathlib.Path, sys.argv[1:]); build_perry.build(output, None, *joined)"
    command = [sys.executable, "-c", code, str(folder / ARCHIVE), *([str(joined)] if joined else [])]
    if subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode:
        sys.exit("ship: the archive for Perry could not be built")


def _manifest(folder: Path, members: dict[str, Any]) -> None:
    (folder / "package.json").write_text(json.dumps(members, indent=2) + "\n")


def _sources(folder: Path, joined: Path | None = None) -> dict[str, Any]:
    """Puts the package of the checkout into ``folder``, with the archive; its manifest, which is still to be written."""
    left_out = shutil.ignore_patterns("lib", "target", "node_modules", "*.tgz", ".gitignore", "tsconfig.json")
    shutil.copytree(PACKAGE, folder, ignore=left_out, dirs_exist_ok=True)
    shutil.copy2(ROOT / "LICENSE", folder)
    (folder / "lib").mkdir()
    _archive(folder / "lib", joined)
    members: dict[str, Any] = json.loads((folder / "package.json").read_text())
    return {**members, "version": version()}


def _with_library(folder: Path, library: Path) -> None:
    for path in (library, *(library.parent / FILES[name] for name in ("licences", "sbom"))):
        shutil.copy2(path, folder)
    shutil.copy2(library.parent / LAUNCHER, folder)


def whole(folder: Path, library: Path) -> None:
    members = _sources(folder)
    _with_library(folder / "lib", library)
    _manifest(folder, {**members, **PLATFORM, "bin": {LAUNCHER: f"./lib/{LAUNCHER}"}})


def without_library(folder: Path, library: Path) -> None:
    members = _sources(folder)
    _manifest(folder, {**members, "optionalDependencies": {OF_PLATFORM: version()}})


def executable(folder: Path, library: Path) -> None:
    members = _sources(folder, library.parent / JOINED)
    for name in ("licences", "sbom"):
        shutil.copy2(library.parent / FILES[name], folder / "lib")
    _manifest(folder, {**members, **PLATFORM, "name": EXECUTABLE})


def of_platform(folder: Path, library: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _with_library(folder, library)
    shutil.copy2(ROOT / "LICENSE", folder)
    listed = [LIBRARY, LAUNCHER, *(FILES[name] for name in ("licences", "sbom"))]
    described = f"{LIBRARY} of perry-container, for Linux on x86_64 with glibc 2.17 or newer"
    members = {"name": OF_PLATFORM, "version": version(), "description": described, "license": "MIT"}
    _manifest(folder, {**members, **PLATFORM, "bin": {LAUNCHER: f"./{LAUNCHER}"}, "files": listed})


def pack(fill: Callable[[Path, Path], None], library: Path, output: Path) -> Path:
    """Packs what ``fill`` puts into a folder; the package, in ``output``."""
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "package", library)
        command = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(output.resolve())]
        env = {**os.environ, "npm_config_cache": f"{folder}/cache", "npm_config_update_notifier": "false"}
        done = subprocess.run(command, cwd=f"{folder}/package", env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"ship: npm pack failed: {done.stdout}{done.stderr}")
    return output / done.stdout.split()[-1]


def build(library: Path, output: Path) -> list[Path]:
    """Packs them into a folder of ``output``."""
    split = output / "npm/split"
    return [
        pack(whole, library, output / "npm"),
        pack(without_library, library, split),
        pack(of_platform, library, split),
        pack(executable, library, output / "npm"),
    ]
