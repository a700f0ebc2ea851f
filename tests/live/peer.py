"""Docker compose beside the library: a peer that a machine may have or not."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.engines.private import Engine


@functools.cache
def peer_version() -> tuple[int, ...] | None:
    """The version of docker compose; ``None`` where it is not installed, as Debian does not package it everywhere."""
    if not shutil.which("docker"):
        return None
    done = subprocess.run(["docker", "compose", "version", "--short"], capture_output=True, text=True, check=False)
    return tuple(map(int, re.findall(r"\d+", done.stdout)[:3])) if done.returncode == 0 else None


class Peer:
    """Docker compose with the files of a folder, on one engine."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._environ = {**os.environ, "DOCKER_HOST": engine.host}
        self._folder = folder

    def run(self, *words: str) -> tuple[str, str]:
        """What it says on its two outputs; it has to succeed."""
        done = subprocess.run(
            ["docker", "compose", *words], cwd=self._folder, env=self._environ, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-4000:])
        return done.stdout, done.stderr
