"""The commands: one module each, found by its name.

``NAMES`` has them in the order of the help, group by group; a test holds it to the files of this folder.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perry_ffi.cli.table import Command

RUN = "Bring up, take down"
CHANGE = "Change what is there"
LOOK = "Look"
INSIDE = "Inside containers"
IMAGES = "Images"
FILES = "Files, trust, this program"

NAMES = {
    RUN: (
        "up",
        "down",
        "plan",
        "apply",
        "update",
        "test",
    ),
    CHANGE: (
        "watch",
        "create",
        "scale",
        "start",
        "stop",
        "restart",
        "pause",
        "unpause",
        "kill",
        "rm",
    ),
    LOOK: (
        "ps",
        "ls",
        "images",
        "port",
        "top",
        "volumes",
        "stats",
        "events",
        "why",
        "graph",
        "logs",
    ),
    INSIDE: (
        "exec",
        "run",
        "attach",
        "cp",
        "commit",
        "export",
        "wait",
    ),
    IMAGES: (
        "build",
        "pull",
        "push",
    ),
    FILES: (
        "config",
        "trust",
        "doctor",
        "version",
        "completion",
        "complete",
    ),
}
"""The modules, by the group of the help that they stand in."""
ALSO = {"convert": "config"}
"""Other names of commands, which can be known without looking into every one."""


def known(word: str) -> bool:
    """Whether there is a command of this name."""
    return word in ALSO or any(word.replace("-", "_") in names for names in NAMES.values())


def command(word: str) -> tuple[Command, object]:
    """The command of a name that is known, and its module."""
    from importlib import import_module

    module = import_module(f"{__name__}.{ALSO.get(word, word).replace('-', '_')}")
    return module.COMMAND, module


def groups() -> dict[str, list[Command]]:
    """All of them, as the help lists them."""
    return {group: [command(name)[0] for name in names] for group, names in NAMES.items()}
