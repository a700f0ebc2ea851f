"""The process of ``perry-compose``, from its first line on: its interrupts, its errors, its exit status.

Until an engine works for it there is nothing to put in order, and SIGINT ends it without a word, as it ends most programs.
Python takes SIGINT for itself before anybody's code runs; so the installed program starts with it held back
(``perry-compose.c``), and it is let through here. What takes time to import is imported later.
"""

from __future__ import annotations

import _signal  # Built in: no file is looked for, while an interrupt may come.
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn


class Invocation:
    """What a subcommand may know of the process: its variables and its working directory.

    engine_env: the variables that say which engine is used, less those that the command line overrides.
    """

    __slots__ = ("engine_env", "env", "working_directory")

    def __init__(self, env: Mapping[str, str], working_directory: str, engine_env: Mapping[str, str] | None = None) -> None:
        self.env, self.working_directory = env, working_directory
        self.engine_env = env if engine_env is None else engine_env


def program() -> NoReturn:
    """The process of ``perry-compose``: quick to start and to end."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (_signal.SIGINT,))
    try:
        status = main(own_process=True)
    except SystemExit as end:  # Of the parser of arguments: after its help, or for wrong usage.
        status = _ended(end.code if isinstance(end.code, int) else 1)
    # All is written and closed by now. Python would take every module apart again, which takes as long as many a command.
    os._exit(status)


def main(arguments: Sequence[str] | None = None, *, own_process: bool = False) -> int:
    """Run ``perry-compose`` and return its exit status: 0, 1 for an error, 2 for wrong usage, 130 when interrupted.

    own_process: nobody else uses this interpreter.
    """
    try:
        return _ended(_run(arguments, own_process))
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        return _failed(error)


def _run(arguments: Sequence[str] | None, own_process: bool) -> int:
    from perry_ffi.cli.commands import parser

    parsed = parser().parse_args(arguments)
    if parsed.run is None:
        parser().print_help()
        return 0
    if own_process and parsed.engine:
        from perry_ffi.interpreter import settle_in

        settle_in()
    status: int
    if parsed.context is None and parsed.host is None:
        status = parsed.run(parsed, Invocation(os.environ, _working_directory()))
        return status
    from perry_ffi.cli.server import as_typed, server_env
    from perry_ffi.errors import ContainerError

    named = {"context": parsed.context, "host": parsed.host}
    try:
        status = parsed.run(parsed, Invocation(os.environ, _working_directory(), server_env(os.environ, **named)))
    except ContainerError as error:
        raise as_typed(error, **named) from error
    return status


def _failed(error: Exception) -> int:
    from perry_ffi.cli.explain import explain
    from perry_ffi.cli.terminal import Unwritable, say
    from perry_ffi.errors import from_unexpected

    if isinstance(error, Unwritable):
        error.tell()
    else:
        say(explain(from_unexpected(error)))
    return 1


def _ended(status: int) -> int:
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
