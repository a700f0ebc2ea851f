"""The process of ``perry-compose``, from its first line on: its interrupts, its errors, its exit status.

Until an engine works for it there is nothing to put in order, and SIGINT ends it without a word, as it ends most programs.
Python takes SIGINT for itself before anybody's code runs; so the installed program starts with it held back
(``perry-compose.c``), and it is let through here. What takes time to import is imported later.
"""

from __future__ import annotations

import _signal  # Built in: no file is looked for, while an interrupt may come.
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import NoReturn

    from perry_ffi.cli.failure import Failure
    from perry_ffi.cli.screen import Screen
    from perry_ffi.cli.table import Arguments, Command


class Invocation:
    """What a command may know of the process: its variables, its working directory, what it writes to.

    engine_env: the variables that say which engine is used, less those that the command line overrides. project: the name of
    the one that the command is about, once it is known. variables: those of the process, and once the project is known of its
    env files too. parallel, compatibility: the flags of these names. alone: nobody else is in this
    process: while it waits for an answer an interrupt may just end it. prepare: readies the interpreter for an event loop, where that
    was not done; a command that looks does it only where it takes one.
    """

    __slots__ = (
        "alone", "compatibility", "engine_env", "env", "parallel", "prepare", "project", "screen", "variables", "working_directory",
    )  # fmt: skip

    def __init__(
        self,
        env: Mapping[str, str],
        working_directory: str,
        engine_env: Mapping[str, str] | None = None,
        screen: Screen | None = None,
    ) -> None:
        from perry_ffi.cli.screen import Screen

        self.env, self.working_directory = env, working_directory
        self.variables = env
        self.parallel: int | None = None
        self.compatibility: bool | None = None
        self.alone = False
        self.prepare: Callable[[], object] | None = None
        self.engine_env = env if engine_env is None else engine_env
        self.screen = screen or Screen(env)
        self.project: str | None = None


def program() -> NoReturn:
    """The process of ``perry-compose``: quick to start and to end."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (_signal.SIGINT,))
    from perry_ffi.interpreter.modules import find_stored

    find_stored()
    from perry_ffi.interpreter.settling import collect_rarely

    collect_rarely()
    status = main(own_process=True, prepare=_settle_in)
    # All is written and closed by now. Python would take every module apart again, which takes as long as many a command.
    os._exit(status)


def main(
    arguments: Sequence[str] | None = None, *, own_process: bool = False, prepare: Callable[[], object] | None = None
) -> int:
    """Run ``perry-compose`` and return its exit status: 0, 1 for an error, 2 for wrong usage, 128 and the number of the signal
    that it was interrupted by (130, 143, 129).

    own_process: nobody else uses this interpreter. prepare: readies it for what a command with an engine imports; None: it is.
    """
    from perry_ffi.cli.failure import Failure
    from perry_ffi.cli.usage import Usage

    words = sys.argv[1:] if arguments is None else list(arguments)
    failure = Failure(words)
    try:
        return _written(_run(words, own_process, prepare, failure))
    except KeyboardInterrupt as interrupt:
        return int(getattr(interrupt, "status", 130))
    except Usage as usage:
        return failure.wrong(usage)
    except Exception as error:
        return failure.failed(error)
    finally:
        failure.over()


def _run(words: list[str], own_process: bool, prepare: Callable[[], object] | None, failure: Failure) -> int:
    from perry_ffi.cli.parse import parse, parse_command

    arguments, rest = parse(words)
    failure.parsed(rest)
    if not rest or rest[0] == "help" or getattr(arguments, "help", False):
        return _help(rest[1:] if rest[:1] == ["help"] else rest)
    if getattr(arguments, "show_version", False):
        rest = ["version"]
    typed, module = _command(rest[0])
    command = parse_command(typed, rest[1:], arguments)
    if getattr(arguments, "help", False):
        return _help_of(command, "" if command is typed else typed.name)
    if own_process and command.files and not command.looks:
        _settle_lightly()
    if prepare is not None and command.engine and not command.looks:
        prepare()
        prepare = None
    from perry_ffi.cli.screen import Screen

    screen = Screen(os.environ, arguments.progress, "never" if arguments.no_ansi else arguments.ansi)
    failure.ready(arguments, screen)
    screen.check()
    found = _invocation(arguments, screen)
    if "COMPOSE_PARALLEL_LIMIT" in os.environ:  # Also where it is not needed: what is dropped in silence is missed later.
        from perry_ffi.cli.variables import parallel

        parallel(found)
    found.alone, found.prepare = own_process, prepare
    return _with_server(getattr(module, command.run), arguments, found)


def _settle_lightly() -> None:
    from perry_ffi.interpreter.settling import settle_lightly

    settle_lightly()


def _settle_in() -> None:
    from perry_ffi.interpreter.settling import settle_in

    settle_in()


def _command(word: str) -> tuple[Command, object]:
    from perry_ffi.cli.commands import command, known

    if not known(word):
        from perry_ffi.cli.offered import unknown

        raise unknown(word)
    return command(word)


def _help(words: list[str]) -> int:
    """The help of the program, or of the command that is named."""
    from perry_ffi.cli.help import of_program
    from perry_ffi.cli.terminal import out

    if not words:
        out(of_program())
        return 0
    command, _ = _command(words[0])
    below = next((one for one in command.below if words[1:2] == [one.name]), None)
    return _help_of(below or command, command.name if below else "")


def _help_of(command: Command, path: str) -> int:
    from perry_ffi.cli.help import of_command
    from perry_ffi.cli.terminal import out

    out(of_command(command, path))
    return 0


def _with_server(run: Callable[[Arguments, Invocation], int], arguments: Arguments, invocation: Invocation) -> int:
    """Runs a command with the engine that the command line names, if any; errors speak of what was typed."""
    named = {"context": arguments.context, "host": arguments.host}
    if arguments.context is None and arguments.host is None and arguments.engine is None:
        return run(arguments, invocation)
    from perry_ffi.cli.server import as_typed, engine_env, server_env
    from perry_ffi.errors import ContainerError

    try:
        env = os.environ if arguments.engine is None else engine_env(os.environ, arguments.engine)
        if arguments.context is not None or arguments.host is not None:
            env = server_env(env, **named)
        invocation.engine_env = env
        return run(arguments, invocation)
    except ContainerError as error:
        raise as_typed(error, **named) from error


def _invocation(arguments: Arguments, screen: Screen) -> Invocation:
    found = Invocation(os.environ, _working_directory(), None, screen)
    found.parallel, found.compatibility = arguments.parallel, arguments.compatibility
    return found


def _written(status: int) -> int:
    """The status, once all is written."""
    from perry_ffi.cli.terminal import Unwritable, flush

    try:
        flush()
    except Unwritable as error:
        error.tell()
        return status or 1
    return status


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        from perry_ffi.errors import NotFound

        raise NotFound("the working directory does not exist any more") from None


if __name__ == "__main__":
    program()
