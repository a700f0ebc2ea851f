"""Where a program is: on the search path, or where a product, or a Mac's usual installer, puts it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from perry_ffi.backends.machines.places import USUAL_FOLDERS, program
from perry_ffi.backends.machines.products import MACHINES
from perry_ffi.process.program import find_program

if TYPE_CHECKING:
    from perry_ffi.settings import Settings


def find(settings: Settings, name: str) -> str | None:
    """The absolute path of the program ``name``; a process that a click has started has no shell's search path."""
    for machine in MACHINES:
        if machine.program == name and (path := program(settings, machine)) is not None:
            return path
    usual = USUAL_FOLDERS if settings.platform == "darwin" else ()
    return find_program(name, os.pathsep.join((settings.search_path, *usual)))
