"""A C program of the benchmarks, compiled and linked to the shared object that is measured."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from functools import cached_property
from pathlib import Path

from benchmarks.measure import Unavailable

ROOT = Path(__file__).resolve().parents[1]


def library() -> Path:
    """PERRY_CONTAINER_LIBRARY, or the one that ``make build`` leaves. Raises Unavailable where there is none."""
    path = Path(os.environ.get("PERRY_CONTAINER_LIBRARY") or ROOT / "build/libperry_container.so")
    if not path.exists():
        raise Unavailable(f"{path} is not there: make build makes it")
    return path.absolute()


class Program:
    """``benchmarks/c/NAME.c``, compiled into ``folder`` when it is first run."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._folder = folder

    @cached_property
    def _path(self) -> Path:
        path = self._folder / self._name
        compiler = shlex.split(os.environ.get("CC") or "cc")
        if shutil.which(compiler[0]) is None:
            raise Unavailable(f"{compiler[0]} is not installed (Debian: apt install gcc libc6-dev), or CC names another")
        flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", f"-I{ROOT / 'include'}", f"-L{library().parent}"]
        source = str(ROOT / f"benchmarks/c/{self._name}.c")
        command = [*compiler, *flags, source, "-o", str(path), "-lperry_container"]
        subprocess.run(command, check=True, capture_output=True, text=True)
        return path

    def numbers(self, *arguments: object) -> list[list[int]]:
        """Runs it, with no engine in reach, and gives the numbers it printed, line by line. Raises on failure."""
        env = {
            "PATH": "/nonexistent",
            "HOME": "/nonexistent",
            "LD_LIBRARY_PATH": str(library().parent),
            "PERRY_CONTAINER_BACKEND": "docker",
            "DOCKER_HOST": "unix:///nonexistent/engine.sock",
        }
        command = [str(self._path), *map(str, arguments)]
        printed = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
        return [[int(word) for word in line.split()] for line in printed.splitlines()]
