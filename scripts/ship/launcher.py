"""Builds ``perry-compose`` as a program of C over the library: ``python -m scripts.ship.launcher [--library FILE] [--output FILE]``."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from build_ffi import LIBRARY, WARNINGS, version
from scripts.ship.answers import header, of_library
from scripts.static.places import ROOT
from scripts.static.toolchain import environment

SOURCE = ROOT / "src/perry_ffi/cli/launcher.c"
STATIC = ROOT / "build/static" / LIBRARY
NAME = "perry-compose"


def build(library: Path, output: Path, compiler: str = "perry-cc") -> Path:
    """Builds ``output``, which answers as ``library`` does. compiler: ``perry-cc`` is the one for glibc 2.17."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "answers.h").write_text(header(of_library(library)))
        flags = ["-std=gnu11", "-Os", "-fPIE", *WARNINGS, f'-DPERRY_CONTAINER_VERSION="{version()}"', f"-I{folder}"]
        link = ["-pie", "-Wl,-s", "-Wl,-z,relro", "-Wl,-z,now", "-ldl"]
        command = [compiler, *flags, str(SOURCE), "-o", str(output), *link]
        env = environment() if compiler == "perry-cc" else None
        if subprocess.run(command, env=env, check=False).returncode:
            sys.exit("ship: perry-compose could not be built")
    return output


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, default=STATIC)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--compiler", default="perry-cc")
    options = parser.parse_args()
    build(options.library, options.output or options.library.parent / NAME, options.compiler)


if __name__ == "__main__":
    main()
