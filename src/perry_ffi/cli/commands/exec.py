"""``perry-compose exec``: a command in a container that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.inside import INDEX
from perry_ffi.cli.table import SERVICE, TEXT, TEXTS, Command, Flag, Operand

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.model.container import ExecOptions
    from perry_ffi.service.client import Client


class Arguments(table.Arguments):
    """The values of the options of ``exec``."""

    service: str
    command: list[str]
    detach: bool
    env: list[str]
    index: int
    interactive: bool
    no_tty: bool
    privileged: bool
    tty: bool
    user: str | None
    workdir: str | None
    dry_run: bool


COMMAND = Command(
    "exec",
    "run a command in a running container",
    (
        Flag("detach", "run it in the background", "d"),
        Flag("env", "environment variable (repeat for more)", "e", TEXTS, value="NAME=VALUE"),
        INDEX,
        Flag("interactive", "keep standard input open", "i", default=True, hidden=True),
        Flag("no-tty", "no terminal in the container (default where there is none here)", "T"),
        Flag("privileged", "with extended rights"),
        Flag("tty", "a terminal in the container", "t", default=True, hidden=True),
        Flag("user", "run as this user", "u", TEXT, value="USER"),
        Flag("workdir", "folder in the container", "w", TEXT, value="DIR"),
    ),
    (SERVICE, Operand("command", least=1, many=True)),
    mixed=False,
    more="It ends with the exit code of the command: 126 or 127 where that could not be run, 1 where the service does not run.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Run the command. Raises ContainerError."""
    from perry_ffi.cli.engine import with_engine
    from perry_ffi.cli.inside import terms_of, told_by_code, wanted_of
    from perry_ffi.cli.talk import converse
    from perry_ffi.service import inside

    options = _options(arguments, invocation)
    name, wanted = wanted_of(arguments, invocation, arguments.service, arguments.index)
    terms = terms_of(invocation, stdin=arguments.interactive, tty=arguments.tty and not arguments.no_tty)

    async def work(client: Client) -> int:
        if arguments.dry_run:
            return await _said(client)
        if arguments.detach:
            await inside.exec_detached(client, name, wanted, arguments.command, options)
            return 0
        talk = await inside.talk_to_command(client, name, wanted, arguments.command, options, terms)
        try:
            return 0 if await converse(talk) else await talk.exit_code()
        finally:
            await talk.aclose()

    async def _said(client: Client) -> int:
        from perry_ffi.cli.terminal import plain, say

        row = await inside.find(client, name, wanted, running=True)
        say(plain(f"it would run in {row.name}: {' '.join(arguments.command)}"))
        return 0

    return told_by_code(lambda: with_engine(invocation, work, progress=False))


def _options(arguments: Arguments, invocation: Invocation) -> ExecOptions:
    """A user or a folder of no letters is none. Raises ValidationError."""
    from perry_ffi.cli.inside import variables
    from perry_ffi.model.base import validate
    from perry_ffi.model.container import ExecOptions

    asked: dict[str, object] = {"privileged": arguments.privileged, "env": variables(arguments.env, invocation.env)}
    asked |= {name: said for name, said in (("user", arguments.user), ("workdir", arguments.workdir)) if said}
    return validate(ExecOptions, asked, "exec")
