"""All facts of this machine, in three rounds: files, then sockets side by side, then the programs whose engine did not answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from perry_ffi.doctor.facts import Configuration, Facts, Machine, Socket
from perry_ffi.doctor.read.aside import aside
from perry_ffi.doctor.read.configuration import read_configuration
from perry_ffi.doctor.read.machine import read_machine
from perry_ffi.doctor.read.places import Place, places
from perry_ffi.doctor.read.questions import answers, questions, read_programs
from perry_ffi.doctor.read.sockets import look_at

if TYPE_CHECKING:
    from perry_ffi.settings import Settings

_NOTHING_SAID: tuple[Configuration, dict[str, str]] = (Configuration(), {})
_NO_PROGRAMS: dict[str, str] = {}
_NO_PLACES: list[Place] = []
_NO_QUESTIONS: list[tuple[str, ...]] = []


async def gather(settings: Settings, directory: str = "", root: Path = Path("/")) -> Facts:
    """What there is. Each round has its bound: ``probe_timeout`` for files, twice that for sockets, and for programs
    ten seconds, or ``probe_timeout`` where that is longer.

    directory: of the project in mind. root: where the system's files are, for tests.
    """
    seconds = settings.probe_timeout
    nothing = Machine(platform=settings.platform, home=str(settings.home))
    machine = await aside(lambda: read_machine(settings, root, name=settings.platform), nothing, seconds)
    configuration, named = await aside(lambda: read_configuration(settings), _NOTHING_SAID, seconds)
    programs = await aside(lambda: read_programs(settings), _NO_PROGRAMS, seconds)
    found = await aside(lambda: places(settings, machine, named, root), _NO_PLACES, seconds)
    sockets = await _sockets(found, seconds)
    asked = await aside(lambda: [*questions(settings, machine, sockets, programs)], _NO_QUESTIONS, seconds)
    said = await answers(settings, asked, programs)
    return Facts(machine, tuple(sockets), programs, said, configuration, directory)


async def _sockets(found: list[Place], seconds: float) -> list[Socket]:
    seen: dict[int, Socket] = {}

    async def one(index: int, place: Place) -> None:
        seen[index] = await look_at(place, seconds)

    async with anyio.create_task_group() as group:
        for index, place in enumerate(found):
            group.start_soon(one, index, place)
    return [seen[index] for index in sorted(seen)]
