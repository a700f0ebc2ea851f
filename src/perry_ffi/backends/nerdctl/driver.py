"""nerdctl: a program on the search path, in front of a containerd that runs.

Which containerd, and which of its namespaces, nerdctl decides by itself: by ``CONTAINERD_ADDRESS``, ``CONTAINERD_NAMESPACE`` and
its configuration, and for whoever is not root by the rootless set-up of the user. Both go along here, and tell one from another.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from perry_ffi import drivers
from perry_ffi.backends.command_line.invocation import CommandLine
from perry_ffi.backends.driver import Driver, Place, Probe, unavailable
from perry_ffi.backends.nerdctl.engine import NerdctlBackend, ask_info
from perry_ffi.backends.nerdctl.sayings import TABLE, failure
from perry_ffi.errors import BackendNotAvailable, ContainerError
from perry_ffi.process.program import find_program

if TYPE_CHECKING:
    from perry_ffi.settings import Settings

ADDRESS, NAMESPACE = "CONTAINERD_ADDRESS", "CONTAINERD_NAMESPACE"
_ROOTFUL = "/run/containerd/containerd.sock"


class Nerdctl(Driver):
    """The driver of nerdctl."""

    name = "nerdctl"

    def places(self, settings: Settings) -> Iterator[Place]:
        yield Place(address(settings), partial(_asked, settings), starts=True)


def address(settings: Settings) -> str:
    """Where its containerd listens, in words, with the namespace that it is not the usual one of."""
    environ = settings.environ or {}
    named = (environ.get(ADDRESS) or _usual(settings)).removeprefix("unix://")
    namespace = environ.get(NAMESPACE) or "default"
    return f"unix://{named}" + (f", namespace {namespace}" if namespace != "default" else "")


def _usual(settings: Settings) -> str:
    """Root's containerd, or that behind the user's own set-up, whose socket is in a file system of its own."""
    if os.geteuid() == 0:
        return _ROOTFUL
    return f"{settings.runtime_dir or f'/run/user/{os.geteuid()}'}/containerd-rootless{_ROOTFUL}"


async def _asked(settings: Settings) -> Probe:
    row = drivers.of("nerdctl")
    program = find_program(row.program, settings.search_path)
    if program is None:
        return unavailable(row.name, "nerdctl is not installed", "install nerdctl", "absent")
    environ = dict(settings.environ or {})
    environ.setdefault("PATH", settings.search_path)
    line = CommandLine(program, (), environ, row.name, settings.engine_timeout, TABLE, failure)
    try:
        found, ident = await ask_info(line, settings)
    except ContainerError as error:
        told = error.details.get("output") if isinstance(error, BackendNotAvailable) else None
        return unavailable(
            row.name, told or error.message, error.details.get("remedy") or row.start, "stopped" if told else "broken"
        )
    where = address(settings)
    identity = f"nerdctl {ident} {where}"
    return Probe(found, NerdctlBackend(line, settings, identity=identity, address=where))


DRIVER = Nerdctl()
