"""The tables of code that the start looks into, made by the very Python that is linked: ``scripts/make_tables.py``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from scripts.static.gather import NOT_RUN
from scripts.static.linked import program
from scripts.static.places import LOCK, ROOT, Part, digest, quietly
from scripts.static.pypi import pure_packages, sdist
from scripts.static.toolchain import environment
from scripts.static.trees import OF_SDISTS

MAKER = ROOT / "scripts/make_tables.py"
NAME = "perry_ffi/interpreter/start.tables"


def _lay_out(site: Path) -> None:
    """The packages in one folder, as they are in the form on disk."""
    shutil.copytree(pure_packages().folder() / "tree", site)
    for name, place in OF_SDISTS.items():
        source = sdist(name).folder() / "tree" / place
        shutil.copytree(source, site / source.name, dirs_exist_ok=True)
    shutil.copytree(ROOT / "src/perry_ffi", site / "perry_ffi", ignore=shutil.ignore_patterns("__pycache__", "*.tables"))
    for path in (site / "perry_ffi").rglob("*.py"):
        if NOT_RUN.match(".".join(path.relative_to(site).with_suffix("").parts)) and path.name != "__init__.py":
            path.unlink()


def _recipe(folder: Path) -> None:
    site = folder / "site"
    _lay_out(site)
    # Without -I, which would have each run number its strings in another way.
    quietly([str(program().folder() / "bin/python"), "-P", "-s", "-S", "-B", str(MAKER), str(site)], env=environment())
    shutil.copy2(site / NAME, folder)
    shutil.rmtree(site)


def made() -> Path:
    """The file; made anew when a module of the library, or anything that it stands on, is another one."""
    files = sorted((ROOT / "src/perry_ffi").rglob("*.py"))
    texts = digest(*(file.read_text() for file in files), MAKER.read_text())
    part = Part("tables", _recipe, (texts, program().key, json.dumps([LOCK["wheels"], LOCK["sdists"]])))
    return part.folder() / Path(NAME).name
