"""nerdctl in the virtual machine of a product: called through the product's own program, by the product's name.

What it reads and writes as files are files of that machine: only folders that both have are the same in both. Its environment is
the machine's, too: neither ``CONTAINERD_ADDRESS`` nor the user's credentials go along.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from perry_ffi.backends.command_line.invocation import CommandLine
from perry_ffi.backends.command_line.reading import text_of
from perry_ffi.backends.driver import Probe, unavailable
from perry_ffi.backends.machines import places, question
from perry_ffi.backends.nerdctl.engine import NerdctlBackend, ask_info
from perry_ffi.backends.nerdctl.sayings import TABLE, failure
from perry_ffi.errors import BackendNotAvailable, ContainerError

if TYPE_CHECKING:
    from perry_ffi.backends.machines.answers import Said
    from perry_ffi.backends.machines.products import Machine
    from perry_ffi.settings import Settings


async def ask_inside(settings: Settings, machine: Machine, said: Said) -> Probe:
    """The engine of a machine that holds containerd, as its own program has ``said``; without it what the nerdctl in it says."""
    line = line_of(settings, machine, said.holds)
    if line is None:
        return unavailable(
            machine.name, f"{said.reason}, and no nerdctl of {machine.product}'s is there", said.remedy, said.state
        )
    where = " ".join(line.argv([]))
    try:
        found, ident = await ask_info(line, settings, machine=True)
    except ContainerError as error:
        reason = f"{said.reason}; {where}: {error.details.get('output') or error.message}"
        return unavailable(machine.name, reason, said.remedy, "broken")
    identity = f"{machine.name} {ident} {where}"
    return Probe(
        found.model_copy(update={"where": where}), NerdctlBackend(line, settings, identity=identity, address=where, machine=True)
    )


def line_of(settings: Settings, machine: Machine, name: str) -> CommandLine | None:
    """The command line of the nerdctl in the machine ``name``; None where there is no program for it."""
    nerdctl = machine.nerdctl
    program = places.nerdctl(settings, machine)
    if nerdctl is None or program is None or name.startswith("-"):
        return None
    environ = dict(settings.environ or {})
    environ.setdefault("PATH", settings.search_path)
    return CommandLine(
        program,
        tuple(word.format(name=name) for word in nerdctl.ahead),
        environ,
        machine.name,
        settings.engine_timeout,
        TABLE,
        failure,
        directory=str(settings.home) if settings.home.is_dir() else None,  # where somebody stands, the machine may have no folder
        takes=nerdctl.takes,
        own_version=nerdctl.own_version,
        check=partial(_runs_still, settings, machine) if nerdctl.unheard or nerdctl.off else None,
    )


async def _runs_still(settings: Settings, machine: Machine, told: bytes) -> None:
    """Raises BackendNotAvailable for a command that its program ended with success because the machine is off."""
    nerdctl = machine.nerdctl
    assert nerdctl is not None
    if nerdctl.off and text_of(told).startswith(nerdctl.off):
        raise _off(machine, f"{machine.product} does not run")
    if nerdctl.unheard and not told.strip():
        said = await question.ask(settings, machine)
        if said.state == "stopped":
            raise _off(machine, said.reason, said.remedy)


def _off(machine: Machine, reason: str, remedy: str = "") -> BackendNotAvailable:
    return BackendNotAvailable(f"{machine.name}: {reason}", backend=machine.name, reason=reason, remedy=remedy or machine.start)


__all__ = ["ask_inside", "line_of"]
