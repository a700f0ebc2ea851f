"""Systems with nothing but the base of a Debian, and no Python: programs in a folder of theirs, with engines of this machine in reach."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import library as lib

SUITES = {"bullseye": "Debian 11", "bookworm": "Debian 12", "trixie": "Debian 13"}


def bare_root(suite: str) -> Path:
    """The root of one of them; made once by debootstrap, then kept. Skips where it cannot be."""
    if os.geteuid():
        pytest.skip("needs root, for debootstrap and chroot")
    made = subprocess.run([lib.ROOT / "scripts/bare-root.sh", suite], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no root of {SUITES[suite]}: {made.stderr.splitlines()[-1:]}")
    return Path(made.stdout.strip())


@dataclass(frozen=True)
class Bare:
    """A root. folder: one of the test's own in it. bound: a folder of this machine that is there too, under the same name."""

    root: Path
    folder: Path
    bound: Path | None = None

    @property
    def inside(self) -> str:
        """The folder as it is called there."""
        return f"/{self.folder.relative_to(self.root)}"

    def put(self, *files: Path) -> None:
        for file in files:
            shutil.copy2(file, self.folder)

    def run(self, program: str, *arguments: str, env: Mapping[str, str] | None = None, seconds: float = 240) -> lib.Ran:
        """Runs a program of the folder in an environment that has nothing else."""
        binds = ["--bind", str(self.bound)] if self.bound else []
        entered = [str(lib.ROOT / "scripts/in-debian13.sh"), str(self.root), *binds, "--cd", "/", "--"]
        words = [f"{name}={value}" for name, value in (env or {}).items()]
        command = [*entered, "/usr/bin/env", "-i", *words, f"{self.inside}/{program}", *arguments]
        return lib.run(command, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, timeout=seconds)


@contextmanager
def bare(suite: str, bound: Path | None = None) -> Iterator[Bare]:
    """The root with an empty folder, which is taken away at the end, as are the places of what was bound."""
    root = bare_root(suite)
    folder = root / "opt" / f"perry-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield Bare(root, folder, bound)
    finally:
        shutil.rmtree(folder)
        if bound and (place := root / bound.relative_to("/")).exists():
            place.rmdir()
