"""Compiles the border in its carried form, and links everything into one shared object."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from build_ffi import CARRIED, LIBRARY, SOURCES, TABLES, WARNINGS, sources, version
from scripts.static import late, start_tables, told
from scripts.static.cpython import include
from scripts.static.joined import join
from scripts.static.linked import MODULES, SYSTEM, archives, program
from scripts.static.places import ROOT
from scripts.static.toolchain import binutils, compile_all, environment, run
from scripts.static.tools import python
from scripts.static.trees import module_folders

LINKED = {**MODULES, "_perry_carried": "perry_carried_module"}
DATA = ("perry_ffi/trust/public_good.json",)
LINKER = """
-soname,{library} -s -Bsymbolic -z,nodelete -z,relro -z,now -z,defs --gc-sections
--version-script={exports}
""".split()  # noqa: SIM905


def carry(folder: Path, replaced: dict[str, str]) -> list[Path]:
    """The sources of the carried modules."""
    order = {
        "folders": [str(place) for place in module_folders()],
        "replaced": replaced,
        "linked": LINKED,
        "finder": str(ROOT / "src/perry_ffi/interpreter/carried.py"),
        "data": {**{name: str(ROOT / "src" / name) for name in DATA}, start_tables.NAME: str(start_tables.made())},
    }
    command = [str(program().folder() / "bin/python"), "-s", "-S", "-B", "-m", "scripts.static.carry", str(folder)]
    if subprocess.run(command, input=json.dumps(order), text=True, cwd=ROOT, env=environment(), check=False).returncode:
        sys.exit("static: the carried modules could not be made")
    return [folder / "carried_bytes.S", folder / "carried_rows.c"]


def _embedding(folder: Path) -> Path:
    """What cffi writes, by the cffi that is pinned."""
    written = folder / "_perry_container.c"
    code = "import pathlib, sys, build_ffi; build_ffi.embedding_source(pathlib.Path(sys.argv[1]))"
    run([str(python()), "-B", "-c", code, str(written)], cwd=ROOT)
    return written


def objects(folder: Path, replaced: dict[str, str]) -> list[Path]:
    flags = ["-std=gnu11", "-DPERRY_CONTAINER_BUILD", f'-DPERRY_CONTAINER_VERSION="{version()}"']
    flags += [f"-I{ROOT / 'include'}", f"-I{SOURCES}", include()]
    own = compile_all([*sources(CARRIED), TABLES], folder / "objects", *flags, "-fno-data-sections", *WARNINGS)
    for path in own:
        run([binutils("objcopy"), *(f"--rename-section={old}={new}" for old, new in late.EARLY.items()), str(path)])
    return own + compile_all([*carry(folder, replaced), told.write(folder), _embedding(folder)], folder / "objects", *flags)


def link(folder: Path, output: Path, replaced: dict[str, str], joined: Path | None = None) -> None:
    """Builds ``output``, and beside it what it tells of itself; what lies on the way goes to ``folder``.

    replaced: files of the packages, and what stands in for them. joined: where the same is wanted as one object, too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    flags = [f"-Wl,{word.format(library=LIBRARY, exports=SOURCES / 'exports/exports.map')}" for word in LINKER]
    own = objects(folder, replaced)
    inputs = [str(path) for path in (*own, *archives())]
    made = folder / LIBRARY
    run(["perry-cc", "-shared", *flags, *inputs, "-o", str(made), *SYSTEM])
    run([str(python()), "-B", "-m", "scripts.static.late", str(made)], cwd=ROOT)
    _put(made, output)
    told.copy_beside(folder, output)
    if joined:
        _put(join(folder, own), joined)


def _put(made: Path, place: Path) -> None:
    """In one step: what is there may be in use."""
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_suffix(".new")
    shutil.copy2(made, unfinished)
    unfinished.replace(place)
