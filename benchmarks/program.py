"""A C program of the benchmarks, compiled and linked to the shared object that is measured."""

from __future__ import annotations

import os
import re
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
        printed = self._run([str(self._path), *map(str, arguments)]).stdout
        return [[int(word) for word in line.split()] for line in printed.splitlines()]

    def instructions(self, *arguments: object) -> int:
        """How many instructions the process executes: the same however busy the machine is, within a hundredth."""
        valgrind = shutil.which("valgrind")
        if valgrind is None:
            raise Unavailable("valgrind is not installed (Debian: apt install valgrind)")
        counting = [valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
        said = self._run([*counting, str(self._path), *map(str, arguments)]).stderr
        found = re.search(r"I\s+refs:\s+([\d,]+)", said)
        assert found is not None, said
        return int(found[1].replace(",", ""))

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        env = {
            "PATH": "/nonexistent",
            "HOME": "/nonexistent",
            "LD_LIBRARY_PATH": str(library().parent),
            "PERRY_CONTAINER_BACKEND": "docker",
            "DOCKER_HOST": "unix:///nonexistent/engine.sock",
        }
        return subprocess.run(command, env=env, check=True, capture_output=True, text=True)
