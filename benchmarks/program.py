"""A C program of the benchmarks, compiled and linked to the shared object that is measured."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def library() -> Path:
    """PERRY_CONTAINER_LIBRARY, or the one that ``make build`` leaves. Ends the program where there is none."""
    path = Path(os.environ.get("PERRY_CONTAINER_LIBRARY") or ROOT / "build/libperry_container.so")
    if not path.exists():
        sys.exit(f"benchmarks: {path} is not there: make build")
    return path.absolute()


class Program:
    """``benchmarks/c/NAME.c``, compiled into ``folder``."""

    def __init__(self, name: str, folder: Path) -> None:
        self._library = library()
        self._path = folder / name
        compiler = shlex.split(os.environ.get("CC") or "cc")
        flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", f"-I{ROOT / 'include'}", f"-L{self._library.parent}"]
        source = str(ROOT / f"benchmarks/c/{name}.c")
        subprocess.run([*compiler, *flags, source, "-o", str(self._path), "-lperry_container"], check=True)

    def numbers(self, *arguments: object) -> list[list[int]]:
        """Runs it, with no engine in reach, and gives the numbers it printed, line by line. Raises on failure."""
        env = {
            "PATH": "/nonexistent",
            "HOME": "/nonexistent",
            "LD_LIBRARY_PATH": str(self._library.parent),
            "PERRY_CONTAINER_BACKEND": "docker",
            "DOCKER_HOST": "unix:///nonexistent/engine.sock",
        }
        command = [str(self._path), *map(str, arguments)]
        printed = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
        return [[int(word) for word in line.split()] for line in printed.splitlines()]
