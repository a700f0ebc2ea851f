"""The wheel: one for every Python from 3.8 on, on x86_64 Linux with glibc 2.17 or newer. Nothing is compiled when it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from build_ffi import LIBRARY, pkg_config_file, version
from scripts.reference import shared
from scripts.ship.launcher import NAME as LAUNCHER
from scripts.static.places import ROOT
from scripts.static.told import FILES
from scripts.static.toolchain import EPOCH

TAG = "py3-none-manylinux_2_17_x86_64"
OLDEST = "3.8"
"""What of the package is Python runs on it."""
MODULES = ("__init__.py", "config.py", "py.typed")
STEM = f"perry_container-{version()}"


def contents(library: Path) -> Iterator[tuple[str, Path | str]]:
    """Where each thing lies in the wheel, and the file, or the text, that it is. Beside ``library`` lies what it tells of itself."""
    yield from ((f"perry_ffi/{name}", ROOT / "src/perry_ffi" / name) for name in MODULES)
    yield f"perry_ffi/lib/{LIBRARY}", library
    yield "perry_ffi/lib/pkgconfig/perry_container.pc", pkg_config_file(library="..", include="../../include")
    yield "perry_ffi/include/perry_container.h", ROOT / "include/perry_container.h"
    yield from ((f"perry_ffi/codegen_tables/{path.name}", path) for path in sorted((ROOT / "codegen_tables").iterdir()))
    yield f"{STEM}.data/scripts/{LAUNCHER}", library.parent / LAUNCHER
    yield from ((f"{STEM}.data/data/share/{name}", text) for name, text in shared.files().items())
    yield f"{STEM}.dist-info/licenses/LICENSE", ROOT / "LICENSE"
    yield f"{STEM}.dist-info/licenses/{FILES['licences']}", library.parent / FILES["licences"]
    yield f"{STEM}.dist-info/sboms/{FILES['sbom']}", library.parent / FILES["sbom"]
    yield f"{STEM}.dist-info/METADATA", metadata()
    yield f"{STEM}.dist-info/WHEEL", f"Wheel-Version: 1.0\nGenerator: perry-container\nRoot-Is-Purelib: false\nTag: {TAG}\n"
    yield f"{STEM}.dist-info/top_level.txt", "perry_ffi\n"


def metadata() -> str:
    """What pyproject.toml says, without the dependencies, which are in the library."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    members = {
        "Metadata-Version": "2.4",
        "Name": project["name"],
        "Version": version(),
        "Summary": project["description"],
        "License-Expression": project["license"],
        "Classifier": "Operating System :: POSIX :: Linux",
        "Requires-Python": f">={OLDEST}",
        "Description-Content-Type": "text/markdown",
    }
    lines = [f"{name}: {value}\n" for name, value in members.items()]
    lines += [f"License-File: {name}\n" for name in ("LICENSE", FILES["licences"])]
    return "".join(lines) + "\n" + (ROOT / project["readme"]).read_text()


def build(library: Path, output: Path) -> list[Path]:
    """Packs it into ``output``."""
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in contents(library):
            target = Path(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                target.write_text(content)
            else:
                shutil.copyfile(content, target)
            target.chmod(0o755 if name.endswith((f"scripts/{LAUNCHER}", ".so")) else 0o644)
        command = [sys.executable, "-m", "wheel", "pack", folder, "--dest-dir", str(output)]
        done = subprocess.run(
            command, env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH}, capture_output=True, text=True, check=False
        )
    if done.returncode:
        sys.exit(f"ship: the wheel could not be packed: {done.stderr}")
    return [output / f"{STEM}-{TAG}.whl"]
