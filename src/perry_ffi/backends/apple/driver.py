"""apple/container: its program on the search path, and whether its service runs."""

from __future__ import annotations

import os.path
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from perry_ffi import drivers
from perry_ffi.backends.apple.responses.resources import System, system
from perry_ffi.backends.apple.sayings import SAYINGS, words
from perry_ffi.backends.apple.words import JSON, NAME
from perry_ffi.backends.command_line.invocation import CommandLine
from perry_ffi.backends.command_line.reading import document, text_of, unreadable
from perry_ffi.backends.driver import Driver, Look, Place, Probe, unavailable
from perry_ffi.errors import ContainerError
from perry_ffi.process.program import Finished, find_program

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.engine import Elsewhere
    from perry_ffi.backends.contract.stream import Labels
    from perry_ffi.settings import Settings

PROGRAM = "container"
STATUS = ["system", "status", JSON]
_DOING = "ask whether its service runs"
_STATES = ("running", "unregistered", "not running")
"""What it says of its service."""
_INSTALLED = "/usr/local/bin"
"""Where its package puts the program, also for one that was started by a click, and so without a shell's search path."""
_INSTALL = "install apple/container (macOS 26, Apple's chips): the signed package of its release page"


class Apple(Driver):
    """The driver of apple/container."""

    name = NAME

    def places(self, settings: Settings) -> Iterator[Place]:
        yield Place(f"the program {PROGRAM}", partial(_ask, settings), starts=True)

    def looks(self, settings: Settings, used: Backend) -> Iterator[Look]:
        """Nowhere but on a Mac: elsewhere a program of that name is somebody else's."""
        program = _program(settings) if drivers.of(NAME).is_tried_on(settings.platform) else None
        if program is not None and used.name != NAME:
            yield Look(NAME, os.path.realpath(program), partial(_look, settings, program))


def _program(settings: Settings) -> str | None:
    usual = f":{_INSTALLED}" if settings.platform == "darwin" else ""
    return find_program(PROGRAM, settings.search_path + usual)


def _line(settings: Settings, program: str, timeout: float) -> CommandLine:
    return CommandLine(program, (), dict(settings.environ or {}), NAME, timeout, SAYINGS, words)


async def _look(settings: Settings, program: str, labels: Labels, seconds: float) -> Elsewhere | None:
    """What it holds with all ``labels``; None where its service does not run."""
    from perry_ffi.backends.apple.calls import carries
    from perry_ffi.backends.apple.responses.container import container
    from perry_ffi.backends.apple.responses.fields import rows
    from perry_ffi.backends.contract.engine import Elsewhere

    doing = "list the containers"
    try:
        found = await _line(settings, program, seconds).read(["list", "--all", JSON], doing=doing)
        every = [container(row) for row in rows(found.stdout, doing)]
    except ContainerError:
        return None
    return Elsewhere(NAME, program, tuple(row.labels for row in every if carries(row.labels, labels)))


async def _ask(settings: Settings) -> Probe:
    program = _program(settings)
    if program is None:
        return unavailable(NAME, f"there is no program {PROGRAM} on the search path", _INSTALL, "absent")
    line = _line(settings, program, settings.engine_timeout)
    try:
        found = await line.ask(STATUS, doing=_DOING)
        state = _state(found)
    except ContainerError as error:
        return unavailable(NAME, error.message, f"run '{PROGRAM} {' '.join(STATUS)}'", "broken")
    if state.state != "running":
        return unavailable(NAME, f"{program}: its service is {state.state}", drivers.start_remedy(NAME), "stopped")
    from perry_ffi.backends.apple.engine import AppleBackend, told

    return Probe(told(state), AppleBackend(line, state))


def _state(finished: Finished) -> System:
    """What ``system status`` tells; where its service is down it says so there too, and ends with 1."""
    output = finished.stdout or finished.stderr
    row = document(output, doing=_DOING, backend=NAME)
    if not isinstance(row, dict):
        unreadable(text_of(output), doing=_DOING, backend=NAME)
    found = system(row)
    if found.state not in _STATES or (found.state == "running") != (finished.exit_code == 0):
        why = f"it ended with {finished.exit_code} and is {found.state!r}"
        unreadable(text_of(output), doing=_DOING, backend=NAME, why=why)
    return found


DRIVER = Apple()
