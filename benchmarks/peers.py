"""Who is measured beside: docker compose, docker stack and podman-compose, where they are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.live.peer import peer_command


@dataclass(frozen=True)
class Peer:
    """command: how it is called. name: with its version, as a table tells it. environ: what it is told, beside what others are."""

    command: tuple[str, ...]
    name: str
    environ: Mapping[str, str] = field(default_factory=dict)


def docker_compose() -> Peer | str:
    """Docker compose, or how to get it."""
    command = peer_command()
    version = _version([*command, "version", "--short"]) if command else None
    if command is None or version is None:
        return "docker compose 2.40 or newer is not there: scripts/docker-compose.sh gets it"
    return Peer(tuple(command), f"docker compose {version}")


@contextmanager
def typed_docker_compose() -> Iterator[tuple[Peer, Peer | None] | str]:
    """Docker compose as a person types it, ``docker compose``, and the plugin by itself, where it is known where that lies; or how to
    get them. The plugin that the tests have is put where ``docker`` looks for it, in a folder of its settings of its own.
    """
    plugin, docker = docker_compose(), shutil.which("docker")
    if isinstance(plugin, str):
        yield plugin
    elif docker is None:
        yield "docker, which docker compose is typed to, is not there: apt-get install docker.io gets it"
    elif len(plugin.command) > 1:
        yield plugin, None
    else:
        with TemporaryDirectory() as folder:
            place = Path(folder, "cli-plugins/docker-compose")
            place.parent.mkdir()
            place.symlink_to(plugin.command[0])
            yield Peer((docker, "compose"), plugin.name, {"DOCKER_CONFIG": folder}), plugin


def podman_compose() -> Peer | str:
    """podman-compose, or how to get it."""
    beside = Path(sys.executable).parent
    program = shutil.which("podman-compose", path=f"{beside}:{os.environ.get('PATH', '')}")
    version = _version([program, "version", "--short"]) if program else None
    if program is None or version is None:
        return f"podman-compose is not there: {beside}/pip install podman-compose gets it"
    return Peer((program,), f"podman-compose {version}")


def docker_stack() -> Peer | str:
    """``docker stack``, or how to get it."""
    program = shutil.which("docker")
    version = _version([program, "version", "--format", "{{.Client.Version}}"], needs_engine=True) if program else None
    if program is None or version is None:
        return "docker's command line is not there: Debian's docker.io has it"
    return Peer((program, "stack"), f"docker stack {version}")


def _version(command: list[str], *, needs_engine: bool = False) -> str | None:
    """needs_engine: what it says counts, though it ends with an error where no engine answers."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip().splitlines()[-1] if (needs_engine or done.returncode == 0) and done.stdout.strip() else None
