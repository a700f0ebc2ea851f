"""The Debian packages of the C side, by debhelper: ``libperry-container0``, ``libperry-container-dev``, ``perry-compose``.

``packaging/debian`` is their ``debian/``, but for the change log, which has the version.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from email.utils import formatdate
from pathlib import Path

from build_ffi import version
from scripts.reference import shared
from scripts.ship.launcher import NAME as LAUNCHER
from scripts.static.places import ROOT
from scripts.static.told import FILES
from scripts.static.toolchain import EPOCH

RULES = ROOT / "packaging/debian"


def _change_log() -> str:
    maintainer = next(
        line.split(": ")[1] for line in (RULES / "control").read_text().splitlines() if line.startswith("Maintainer")
    )
    head = f"perry-container ({version()}) unstable; urgency=medium"
    return f"{head}\n\n  * Made of the static form.\n\n -- {maintainer}  {formatdate(int(EPOCH))}\n"


def _fill(folder: Path, library: Path) -> None:
    """``built/``: what the rules install."""
    folder.mkdir(parents=True)
    beside = [library, library.parent / LAUNCHER, *(library.parent / FILES[name] for name in ("licences", "sbom"))]
    for path in (*beside, ROOT / "include/perry_container.h"):
        shutil.copy2(path, folder)
    shutil.copytree(ROOT / "codegen_tables", folder / "codegen_tables")
    shared.write(folder / "share")


def build(library: Path, output: Path, compression: str = "-Zxz") -> list[Path]:
    """Builds them into a folder of ``output``. compression: as dpkg-deb takes it."""
    target = output / "debian"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as above:
        source = Path(above) / f"perry-container-{version()}"
        shutil.copytree(RULES, source / "debian")
        (source / "debian/changelog").write_text(_change_log())
        _fill(source / "built", library)
        command = ["dpkg-buildpackage", "--build=binary", "--unsigned-source", "--unsigned-changes"]
        env = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "LC_ALL": "C", "BUILDDEB_OPTIONS": compression}
        done = subprocess.run(command, cwd=source, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"ship: dpkg-buildpackage failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return [Path(shutil.copy2(path, target)) for path in sorted(Path(above).glob("*.deb"))]
