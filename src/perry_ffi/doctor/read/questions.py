"""Programs that are asked: those whose engine answers on no socket. Each is ended where it does not end by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.machines.places import is_installed
from perry_ffi.doctor.facts import Machine, Said, Socket
from perry_ffi.doctor.find import find
from perry_ffi.doctor.products import MACHINES
from perry_ffi.doctor.symptoms.machines import APPLE_QUESTION
from perry_ffi.doctor.symptoms.podman import QUESTION as PODMAN_QUESTION
from perry_ffi.errors import ContainerError
from perry_ffi.process.program import run_program

if TYPE_CHECKING:
    from perry_ffi.settings import Settings

SECONDS = 10.0
"""The slowest of them waits as long for its own service. A ``probe_timeout`` that is longer gives them longer."""
_LARGEST = 1024 * 1024
PROGRAMS = (
    "apk", "apt-get", "brew", "buildctl", "container", "colima", "dnf", "doas", "docker", "dockerd", "dockerd-rootless-setuptool.sh",
    "finch", "limactl", "nerdctl", "orb", "pacman", "podman", "rc-service", "rdctl", "service", "ssh", "sudo", "winget", "wsl", "zypper",
)  # fmt: skip
"""What is looked for."""


def read_programs(settings: Settings) -> dict[str, str]:
    """The absolute paths of those that are there."""
    return {name: path for name in PROGRAMS if (path := find(settings, name)) is not None}


def questions(
    settings: Settings, machine: Machine, sockets: Sequence[Socket], programs: Mapping[str, str]
) -> Iterator[tuple[str, ...]]:
    """What is asked here: nothing of a program that is not there, or whose engine answers."""
    listening = {socket.runtime for socket in sockets if socket.state == "listening"}
    for product in MACHINES:
        here = machine.platform in product.platforms and product.name not in listening
        if here and product.program in programs and is_installed(settings, product):
            yield (product.program, *product.question)
    if machine.platform == "linux" and "podman" in programs:
        yield PODMAN_QUESTION
    if machine.platform == "darwin" and "container" in programs:
        yield APPLE_QUESTION


async def answers(settings: Settings, asked: Sequence[tuple[str, ...]], programs: Mapping[str, str]) -> dict[str, Said]:
    """All of them side by side: what each said, by its words."""
    said: dict[str, Said] = {}

    async def one(argv: tuple[str, ...]) -> None:
        said[" ".join(argv)] = await _answer(settings, argv, programs[argv[0]])

    async with anyio.create_task_group() as group:
        for argv in asked:
            group.start_soon(one, argv)
    return said


async def _answer(settings: Settings, argv: tuple[str, ...], path: str) -> Said:
    seconds = max(SECONDS, settings.probe_timeout)
    try:
        found = await run_program((path, *argv[1:]), env=settings.environ, timeout=seconds, max_output=_LARGEST)
    except ContainerError as error:
        return Said(argv, None, failure=error.message)
    return Said(argv, found.exit_code, found.stdout.decode("utf-8", "replace"), found.stderr.decode("utf-8", "replace"))
