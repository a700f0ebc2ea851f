"""The command line: global options, one module a subcommand, errors to standard error.

A subcommand is a module with ``add_parser(subparsers)``, which adds its parser
and sets its ``run(arguments, context)`` as the default of ``run``.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, Mapping, NoReturn, Sequence

from ..errors import ContainerError, NotFound
from . import config, down, logs, ps, up, version
from .terminal import say

COMMANDS = (up, down, ps, logs, config, version)


class Context:
    """What a subcommand may know of the process: its variables and its working directory."""

    __slots__ = ("env", "working_directory")

    def __init__(self, env: Mapping[str, str], working_directory: str) -> None:
        self.env, self.working_directory = env, working_directory


def program() -> NoReturn:
    """The process of ``perry-compose``: quick to start and to end."""
    status = main(own_process=True)
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except OSError:
        sys.exit(status)
    # All is closed by now. Python would take every module apart again, which takes as long as many a command.
    os._exit(status)


def main(arguments: Sequence[str] | None = None, *, own_process: bool = False) -> int:
    """Run ``perry-compose`` and return its exit status: 0, 1 for an error, 2 for wrong usage, 130 when interrupted.

    own_process: nobody else uses this interpreter.
    """
    parsed = _parser().parse_args(arguments)
    if parsed.run is None:
        _parser().print_help()
        return 0
    if own_process and parsed.engine:
        from ..interpreter import settle_in

        settle_in()
    try:
        return parsed.run(parsed, Context(os.environ, _working_directory()))
    except ContainerError as error:
        from .explain import explain

        say(explain(error))
        return 1
    except BrokenPipeError:
        sys.stdout = None  # type: ignore[assignment]
        return 1
    except KeyboardInterrupt:
        return 130


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        raise NotFound("the working directory does not exist any more") from None


class Parser(argparse.ArgumentParser):
    """A parser whose help has a fixed width: asking for the terminal's would cost every start of the program."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, "formatter_class": _formatter, **options})


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, max_help_position=32, width=100)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="perry-compose", description="Define and run multi-container applications.")
    add = parser.add_argument
    text = "Compose file (repeat to override; - reads standard input)"
    add("-f", "--file", action="append", default=[], metavar="FILE", help=text)
    add("-p", "--project-name", metavar="NAME", help="name of the project")
    add("--project-directory", metavar="DIR", help="folder of relative paths (default: that of the first Compose file)")
    add("--profile", action="append", default=[], metavar="NAME", help="enable a profile (repeat for more; * for all)")
    add("--env-file", action="append", default=[], metavar="FILE", help="env file instead of .env (repeat for more)")
    add("--all-resources", action="store_true", help="keep resources that no service uses")
    parser.set_defaults(run=None, engine=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", prog="perry-compose")
    for command in COMMANDS:
        command.add_parser(commands)
    return parser


if __name__ == "__main__":
    program()
