"""Where the build keeps what it makes: a folder a part, named by everything that went into it, so nothing is made twice."""

from __future__ import annotations

import ast
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LOCK: dict[str, Any] = json.loads((HERE / "lock.json").read_text())


def cache() -> Path:
    """PERRY_STATIC_CACHE, or a folder of this user's."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("PERRY_STATIC_CACHE") or home / "perry-container-static")


def say(text: str) -> None:
    print(f"static: {text}", file=sys.stderr, flush=True)


def digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def program_text(module: Path) -> str:
    """What a module does, without its comments and its layout."""
    return ast.dump(ast.parse(module.read_text()))


def quietly(command: list[str], cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Runs a program and gives its output; one that fails ends the build with the last of what it said."""
    done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        sys.exit(f"static: failed ({done.returncode}): {' '.join(command)}\n{tail}")
    return done.stdout


@contextmanager
def alone(name: str) -> Iterator[None]:
    """One process at a time makes a thing of this name."""
    cache().mkdir(parents=True, exist_ok=True)
    with open(cache() / f".{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Part:
    """One thing that is made once.

    recipe: fills the folder that it is given; texts: what the outcome depends on, beside the module that the recipe is in:
    versions, hashes, other parts' keys.
    """

    name: str
    recipe: Callable[[Path], None]
    texts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return digest(self.name, program_text(Path(self.recipe.__code__.co_filename)), *self.texts)[:16]

    def folder(self) -> Path:
        """Where it lies; makes it if it is not there."""
        place = cache() / f"{self.name}-{self.key}"
        if place.exists():  # Whole, for it is renamed when it is; who makes another one of this name need not be waited for.
            return place
        with alone(self.name):
            if not place.exists():
                say(f"making {self.name}")
                unfinished = place.with_suffix(".new")
                shutil.rmtree(unfinished, ignore_errors=True)
                unfinished.mkdir(parents=True)
                self.recipe(unfinished)
                unfinished.rename(place)
        return place
