"""What shells complete command lines of ``perry-compose`` with, made of the table of commands.

``bash``, ``zsh`` and ``fish`` make a script each: commands, flags and fixed words stand in it, and cost no process. What depends
on files or on an engine (``values``) a script asks ``perry-compose complete`` for, with the global flags that were typed.
"""

from __future__ import annotations

from perry_ffi.cli.table import GLOBAL, INHERITED, SWITCH, Flag, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from perry_ffi.cli.table import Command, Operand

SHELLS = ("bash", "zsh", "fish")
FILES, FOLDERS, WORDS = "files", "folders", "words"
"""Kinds of values that a shell knows by itself, and those that stand in the script. All others ``perry-compose complete`` has."""
PATHS = "paths"
"""``SERVICE:`` and a path in its container, or a file of this machine."""

_BY_NAME = {
    "SERVICE": "services", "SERVICES": "services", "PROFILE": "profiles", "PROJECT": "projects", "FILE": FILES, "DIR": FOLDERS,
    "SERVICE=N": "scales", "SERVICE=NUMBER": "scales", "SERVICE=REPLICAS": "scales",
}  # fmt: skip
"""What the name of a value tells of it, where nothing else is said."""


def script(shell: str) -> str:
    """The script of a shell."""
    from importlib import import_module

    made: str = import_module(f"{__name__}.{shell}").script()
    return made


class Place:
    """A place of the command line: behind the program (``path`` empty), a command, or a command below one.

    names: each spelling of ``path``, the first as the table has it.
    """

    __slots__ = ("below", "command", "flags", "mixed", "names", "operands", "path", "text")

    def __init__(self, path: str, command: Command | None, names: tuple[str, ...]) -> None:
        self.path, self.command, self.names = path, command, names
        self.text = command.text if command else ""
        self.flags = tuple(shown((*command.flags, *INHERITED) if command else GLOBAL))
        self.operands = command.operands if command else ()
        self.below = tuple(one for one in command.below if not one.hidden) if command else ()
        self.mixed = command is None or command.mixed

    def operand(self, number: int) -> Operand | None:
        """What the operand of this number (from 0) is; None behind the last."""
        for at, operand in enumerate(self.operands):
            if operand.many or at == number:
                return operand
        return None


def places() -> Iterator[Place]:
    """Each of them, the program's first. Hidden commands are left out."""
    from perry_ffi.cli.commands import groups

    yield Place("", None, ("",))
    for command in (one for listed in groups().values() for one in listed if not one.hidden):
        names = (command.name, *command.also)
        yield Place(command.name, command, names)
        for below in (one for one in command.below if not one.hidden):
            yield Place(
                f"{command.name} {below.name}",
                below,
                tuple(f"{name} {last}" for name in names for last in (below.name, *below.also)),
            )


def kind(value: Flag | Operand) -> str:
    """What the value of a flag, or an operand, is completed with; empty where nobody can know."""
    if value.words:
        return WORDS
    return value.completes or _BY_NAME.get(value.value if isinstance(value, Flag) else value.shown, "")


def takes(flag: Flag) -> bool:
    """Whether it has a value."""
    return flag.kind != SWITCH
