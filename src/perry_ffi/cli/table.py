"""What a command line is made of, as data: commands, their flags, what stands behind them.

The parser, the help, the completion of shells, the manual and the comparison with docker compose are all made of it. Each command
is a module of ``perry_ffi.cli.commands`` with a ``COMMAND`` and the function that it names; the module's name is the command's,
with ``_`` for ``-``. Nothing heavy is imported by one before it runs.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

SWITCH, TEXT, TEXTS, NUMBER, SECONDS = "switch", "text", "texts", "number", "seconds"
"""Kinds of flags. A switch is there, or has true or false behind ``=``. Texts may be given again and again."""

_NOTHING = {SWITCH: False, TEXTS: ()}


class Flag:
    """A flag.

    name: without its dashes. text: what it does, for the help. short: one letter. default: what it is where it is not given.
    words: all that it may say, if they are fixed. value: what stands for the value in the help. completes: what shells complete
    the value with: ``services``, ``profiles``, ``projects``, ``scales`` (SERVICE=), ``paths`` (SERVICE: and files), ``engines``,
    ``files``, ``folders``; a ``value`` of SERVICE, PROFILE, SERVICE=N, FILE, DIR says it, too. hidden: it is taken, and not shown.
    also: old spellings. member: the member of the arguments, where it is not the name with ``_``. variable: of a switch, the one
    that says whether it is on where it is not given; it is None then until ``variables.switched`` has looked.
    """

    __slots__ = (
        "also",
        "completes",
        "default",
        "hidden",
        "kind",
        "member",
        "name",
        "short",
        "text",
        "value",
        "variable",
        "words",
    )

    def __init__(
        self,
        name: str,
        text: str,
        short: str = "",
        kind: str = SWITCH,
        *,
        default: Any = None,
        words: Sequence[str] = (),
        value: str = "",
        completes: str = "",
        hidden: bool = False,
        also: Sequence[str] = (),
        member: str = "",
        variable: str = "",
    ) -> None:
        self.name, self.text, self.short, self.kind, self.variable = name, text, short, kind, variable
        self.default: Any = _NOTHING.get(kind) if default is None and not variable else default
        self.words, self.completes, self.hidden, self.also = tuple(words), completes, hidden, tuple(also)
        self.value = value or {NUMBER: "N", SECONDS: "SECONDS", TEXT: "VALUE", TEXTS: "VALUE"}.get(kind, "")
        self.member = member or name.replace("-", "_")


class Operand:
    """What stands behind the flags.

    name: the member of the arguments. shown: its name in the help. least: how many there have to be. many: any number of them, a
    list; else it is one text, or None. completes: as for a flag. words: all that it may say, if they are fixed.
    """

    __slots__ = ("completes", "least", "many", "name", "shown", "words")

    def __init__(
        self, name: str, shown: str = "", *, least: int = 0, many: bool = False, completes: str = "", words: Sequence[str] = ()
    ) -> None:
        self.name, self.shown, self.least, self.many = name, shown or name.upper(), least, many
        self.completes, self.words = completes, tuple(words)


class Command:
    """A command.

    name: as it is typed. text: what it does, in a line. more: further paragraphs of its help. flags, operands: what it takes.
    group: where the help lists it. run: the function of its module. also: its other names. engine: it needs one, so that the
    process may be made ready for that before. mixed: flags may stand behind operands, too; else what follows the first operand
    is not the command's. below: commands of its own. hidden: it is taken, and not shown.
    looks: it asks an engine a question or two (``cli.read``), which makes the process ready only where that takes an event loop.
    files: it reads Compose files or asks an engine, so that the process may be made ready for that.
    """

    __slots__ = (
        "also", "below", "engine", "files", "flags", "group", "hidden", "looks", "mixed", "more", "name", "operands", "run", "text",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        text: str,
        flags: Sequence[Flag] = (),
        operands: Sequence[Operand] = (),
        *,
        group: str = "",
        more: str = "",
        run: str = "run",
        also: Sequence[str] = (),
        engine: bool = True,
        mixed: bool = True,
        below: Sequence[Command] = (),
        hidden: bool = False,
        looks: bool = False,
        files: bool = True,
    ) -> None:
        self.name, self.text, self.more, self.group, self.run = name, text, more, group, run
        self.looks, self.files = looks, files
        self.flags, self.operands, self.also, self.below = tuple(flags), tuple(operands), tuple(also), tuple(below)
        self.engine, self.mixed, self.hidden = engine, mixed, hidden


SERVICES = Operand("service", many=True, completes="services")
"""Any number of services; none of them means all."""
SERVICE = Operand("service", least=1, completes="services")
"""One service."""

HELP = Flag("help", "show this help", "h")
COMPATIBILITY = Flag("compatibility", "name containers as version 1 did, with underscores", variable="COMPOSE_COMPATIBILITY")
DRY_RUN = Flag("dry-run", "say what would be done, and change nothing")
INHERITED = (DRY_RUN, HELP)
"""What every command takes, too."""

GLOBAL = (
    Flag("file", "Compose file (repeat to override; - reads standard input)", "f", TEXTS, value="FILE", completes="files"),
    Flag("project-name", "name of the project", "p", TEXT, value="NAME", completes="projects"),
    Flag(
        "project-directory", "folder of relative paths (default: that of the first Compose file)", kind=TEXT, value="DIR",
        completes="folders", also=("workdir",),
    ),
    Flag("profile", "enable a profile (repeat for more; * for all)", kind=TEXTS, value="NAME", completes="profiles"),
    Flag("env-file", "env file instead of .env (repeat for more)", kind=TEXTS, value="FILE", completes="files"),
    Flag("all-resources", "keep resources that no service uses"),
    COMPATIBILITY,
    Flag("parallel", "how many calls of the engine run at once (default -1: as many as are due)", kind=NUMBER),
    Flag(
        "progress", "how work is shown: auto, tty, plain, json, quiet (default: auto)", kind=TEXT,
        words=("auto", "tty", "plain", "json", "quiet"),
    ),
    Flag("ansi", "colours and movements of the cursor: auto, always, never", kind=TEXT, words=("auto", "always", "never")),
    Flag("context", "context (or connection) of the engine's own programs, whose engine is used", "c", TEXT, value="NAME"),
    Flag("host", "where the engine is: unix:///path, tcp://host:port, ssh://[user@]host", "H", TEXT, value="ADDRESS"),
    Flag("engine", "which engine is used, by the name that doctor lists it under", kind=TEXT, value="NAME", completes="engines"),
    DRY_RUN,
    Flag("no-ansi", "the same as --ansi never", hidden=True),
    Flag("verbose", "nothing more is said with it", hidden=True),
    Flag("version", "print the version", "v", hidden=True, member="show_version"),
    HELP,
)  # fmt: skip
"""What stands before the command."""


class Arguments:
    """The values of the global flags; each command adds its own, as ``Flag.member`` and ``Operand.name`` call them."""

    file: list[str]
    project_name: str | None
    project_directory: str | None
    profile: list[str]
    env_file: list[str]
    all_resources: bool
    compatibility: bool | None
    parallel: int | None
    progress: str | None
    ansi: str | None
    context: str | None
    host: str | None
    engine: str | None
    dry_run: bool
    no_ansi: bool


def shown(flags: Sequence[Flag]) -> Iterator[Flag]:
    """Those that the help shows."""
    return (flag for flag in flags if not flag.hidden)
