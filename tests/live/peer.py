"""Docker compose beside the library: the one that PERRY_TEST_DOCKER_COMPOSE names, the user's own, or the one that
scripts/docker-compose.sh gets for the tests."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.engines.private import Engine

OLDEST = (2, 40)
_CACHE = Path(os.environ.get("PERRY_TEST_CACHE") or Path.home() / ".cache/perry-container-tests")


def _version(command: list[str]) -> tuple[int, ...]:
    done = subprocess.run([*command, "version", "--short"], capture_output=True, text=True, check=False)
    return tuple(map(int, re.findall(r"\d+", done.stdout)[:3])) if done.returncode == 0 else ()


@functools.cache
def peer_command() -> list[str] | None:
    """How docker compose is called; ``None`` where there is none that is new enough. One that is named is taken, or none."""
    named, kept = os.environ.get("PERRY_TEST_DOCKER_COMPOSE"), shutil.which("docker-compose", path=_CACHE)
    found = shutil.which(str(Path(named).absolute())) if named else kept
    choices = [["docker", "compose"]] if shutil.which("docker") and not named else []
    choices += [[found]] if found else []
    return next((command for command in choices if _version(command) >= OLDEST), None)


@functools.cache
def peer_version() -> tuple[int, ...]:
    """The version of that docker compose; nothing where there is none."""
    return _version(peer_command() or []) if peer_command() else ()


def leaves_binds_of_ours() -> bool:
    """Docker compose 5 has another hash of what is bound from the machine than 2, whose hash ours is: it makes that anew, once."""
    return peer_version() < (5,)


class Peer:
    """Docker compose with the files of a folder, on one engine."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._environ = {**os.environ, "DOCKER_HOST": engine.host}
        self._folder = folder

    def run(self, *words: str, ends: int = 0) -> tuple[str, str]:
        """What it says on its two outputs; it has to end with ``ends``."""
        command = peer_command()
        assert command is not None, "the test asks for the fixture docker_compose"
        done = subprocess.run(
            [*command, *words], cwd=self._folder, env=self._environ, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == ends, (words, done.stdout[-2000:], done.stderr[-4000:])
        return done.stdout, done.stderr
