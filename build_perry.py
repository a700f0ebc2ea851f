"""Builds the static archive that programs compiled by Perry link: ``python build_perry.py [--form FORM]``.

The form says where a program has the library: ``beside``, a shared object that it opens beside itself, or at the path that is
noted in the archive here; or ``executable``, in the program itself, which then is one file without companions. For that the
archive gets the object that ``make static`` leaves; without it the archive is C alone.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
SOURCES = ROOT / "src/perry_ffi/abi/c/perry"
PACKAGE = ROOT / "packages/perry-container"
ARCHIVE = "libperry_container_stub.a"
JOINED = ROOT / "build/static/perry_container.o"
# By the forms: the folder of the sources that they have beside the common ones.
FORMS = {"beside": "beside", "executable": "linked"}
FLAGS = [
    "-std=gnu11",
    "-O2",
    "-fPIC",
    "-fvisibility=default",
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Wmissing-prototypes",
    "-Werror=implicit",
]


def run(command: list[str]) -> None:
    done = subprocess.run(command, check=False)
    if done.returncode:
        sys.exit(f"build_perry: failed ({done.returncode}): {shlex.join(command)}")


def sources(form: str = "beside") -> list[Path]:
    return sorted([*SOURCES.glob("*.c"), *(SOURCES / FORMS[form]).glob("*.c")])


def build(output: Path, library: Path | None, joined: Path | None = None) -> Path:
    """Builds the archive ``output``.

    library: where the shared object is installed; absent: only beside the program. joined: the library as an object, for programs
    that are to have it in themselves.
    """
    compiler = shlex.split(os.environ.get("CC") or "cc")
    noted = [f'-DPERRY_LIBRARY_PATH="{library}"'] if library else []
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        objects = []
        for source in sources("executable" if joined else "beside"):
            objects.append(str(Path(folder, f"{source.stem}.o")))
            command = [*compiler, *FLAGS, *noted, f"-I{ROOT / 'include'}", f"-I{SOURCES}"]
            run([*command, "-c", str(source), "-o", objects[-1]])
        archive = Path(folder, ARCHIVE)
        # D: no dates and owners, so that the same sources give the same archive, which Perry's lock file pins.
        run(["ar", "rcsD", str(archive), *objects, *([str(joined)] if joined else [])])
        shutil.move(archive, output)
    return output


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--form", choices=FORMS, default="beside")
    parser.add_argument("--library", type=Path, default=ROOT / "build/libperry_container.so")
    parser.add_argument("--joined", type=Path, default=JOINED, help="the library as an object; for the form executable")
    parser.add_argument("--output", type=Path, default=PACKAGE / "lib" / ARCHIVE)
    options = parser.parse_args()
    inside = options.form == "executable"
    if inside and not options.joined.exists():
        sys.exit(f"build_perry: {options.joined} is not there, which a program of the form executable has in itself: make static")
    archive = build(options.output, options.library, options.joined if inside else None)
    # `perry native validate` looks for what cargo would have built.
    release = archive.parents[1] / "target/release"
    release.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(archive, release / archive.name)


if __name__ == "__main__":
    main()
