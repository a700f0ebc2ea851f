"""Builds the static archive that programs compiled by Perry link: ``python build_perry.py [--library FILE]``.

The archive is C alone. It opens the shared object beside the program, or at the path that is noted in it here.
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


def build(output: Path, library: Path | None) -> Path:
    """Builds the archive ``output``. library: where the shared object is installed; absent: only beside the program."""
    compiler = shlex.split(os.environ.get("CC") or "cc")
    noted = [f'-DPERRY_LIBRARY_PATH="{library}"'] if library else []
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        objects = []
        for source in sorted(SOURCES.glob("*.c")):
            objects.append(str(Path(folder, f"{source.stem}.o")))
            run([*compiler, *FLAGS, *noted, f"-I{ROOT / 'include'}", "-c", str(source), "-o", objects[-1]])
        archive = Path(folder, ARCHIVE)
        # D: no dates and owners, so that the same sources give the same archive, which Perry's lock file pins.
        run(["ar", "rcsD", str(archive), *objects])
        shutil.move(archive, output)
    return output


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, default=ROOT / "build/libperry_container.so")
    parser.add_argument("--output", type=Path, default=PACKAGE / "lib" / ARCHIVE)
    options = parser.parse_args()
    archive = build(options.output, options.library)
    # `perry native validate` looks for what cargo would have built.
    release = archive.parents[1] / "target/release"
    release.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(archive, release / archive.name)


if __name__ == "__main__":
    main()
