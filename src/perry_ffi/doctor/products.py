"""The products with a virtual machine, as the doctor sees them: whose a socket is, which commands mend.

Which there are, where they listen and what their programs say is told by ``backends.machines``; its words for people become
commands here.
"""

from __future__ import annotations

import re
import shlex

from perry_ffi.backends.machines import answers, products
from perry_ffi.backends.machines.answers import Said as Judged
from perry_ffi.backends.machines.products import MACHINES, Machine
from perry_ffi.doctor.facts import Said
from perry_ffi.process.program import Finished

Argv = tuple[str, ...]
_MARKS = {"orbstack": "/.orbstack/", "colima": "colima/", "rancher-desktop": "/.rd/", "lima": ".lima/", "docker": "/.docker/"}
"""What the path of a product's socket has in it."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}\Z")
"""A machine's name that can be a word of a command, and no option of it."""
_WORD = re.compile(r"[A-Za-z0-9_.:/=-]{1,128}\Z")


def leading_to(path: str) -> Machine | None:
    """The product that a path belongs to."""
    return products.of(next((name for name, mark in _MARKS.items() if mark in path), ""))


def start_of(machine: Machine, path: str) -> Argv:
    """What starts the virtual machine that a socket is of."""
    start, folders = tuple(machine.start.split()), path.split("/")[:-1]
    if machine.name == "colima" and len(folders) > 1 and _NAME.match(folders[-1]) and folders[-1] not in ("colima", "default"):
        return (*start, "-p", folders[-1])
    if machine.name == "lima" and len(folders) > 1 and folders[-1] == "sock" and _NAME.match(folders[-2]):
        return (*start, folders[-2])
    return start


def judged(machine: Machine, said: Said) -> Judged | None:
    """What the answer of a product's program means; ``None`` where there is none: it did not end in time, or did not start."""
    if said.exit_code is None:
        return None
    out, error = (text.encode("utf-8", "surrogateescape") for text in (said.stdout, said.stderr))
    return answers.read(machine, Finished(said.exit_code, out, error))


def commands(machine: Machine, remedy: str) -> tuple[Argv, ...]:
    """The commands that a remedy's words begin with, none where they are words alone, or leave a name to whoever types them."""
    text = remedy.split(", or use it with ")[0]
    found = tuple(tuple(shlex.split(part)) for part in text.split(" && ")) if text.startswith(f"{machine.program} ") else ()
    whole = all(argv[0] == machine.program and "NAME" not in argv and all(map(_WORD.match, argv)) for argv in found)
    return found if whole else ()


def of(name: str) -> Machine | None:
    """The product that is, or may hold, the engine ``name``."""
    return products.of(name)


def key(machine: Machine) -> str:
    """The name of the product's question among the answers."""
    return machine.asking


__all__ = ["MACHINES", "Judged", "Machine", "commands", "judged", "key", "leading_to", "of", "start_of"]
