"""A machine's own program is asked whether it runs: a child within a bound, killed at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.machines import answers, places
from perry_ffi.errors import ContainerError
from perry_ffi.process.program import run_program

if TYPE_CHECKING:
    from perry_ffi.backends.machines.answers import Said
    from perry_ffi.backends.machines.products import Machine
    from perry_ffi.settings import Settings

MOST = 1024 * 1024
"""Bytes of an answer."""


async def ask(settings: Settings, machine: Machine) -> Said:
    """What its program says. To be asked where no socket answers: it starts processes of its own. Cancelled, it is killed."""
    program = places.program(settings, machine)
    if program is None or not places.is_installed(settings, machine):
        return _absent(settings, machine, "" if program else f": no {machine.program} on PATH")
    argv = [program, *machine.question]
    try:
        finished = await run_program(argv, env=settings.environ, timeout=settings.probe_timeout, max_output=MOST)
    except ContainerError as error:
        return answers.Said("broken", f"{machine.asking}: {error.message}", machine.again or machine.start)
    return answers.read(machine, finished)


async def locate(settings: Settings, machine: Machine, name: str) -> str | None:
    """The path of the socket of the machine ``name``, which runs; None where its program does not say it."""
    program = places.program(settings, machine)
    if program is None or not machine.locate or name.startswith("-"):
        return None
    argv = [program, *machine.locate, name]
    try:
        finished = await run_program(argv, env=settings.environ, timeout=settings.probe_timeout, max_output=MOST)
    except ContainerError:
        return None
    said = finished.stdout.decode("utf-8", "surrogateescape").strip()
    return said if finished.exit_code == 0 and said.startswith("/") and said.isprintable() else None


def _absent(settings: Settings, machine: Machine, seen: str) -> Said:
    return answers.Said("absent", f"{machine.product} is not installed{seen}", places.install(settings, machine))
