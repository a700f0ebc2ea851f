"""The command line: global options, and one module a subcommand.

A subcommand is a module with ``add_parser(subparsers)``, which adds its parser
and sets its ``run(arguments, invocation)`` as the default of ``run``.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from perry_ffi.cli import config, down, logs, ps, trust, up, version
from perry_ffi.cli.terminal import out, say

COMMANDS = (up, down, ps, logs, config, trust, version)


class Parser(argparse.ArgumentParser):
    """A parser whose help has a fixed width: asking for the terminal's would cost every start of the program."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, "formatter_class": _formatter, **options})

    def _print_message(self, message: str, file: Any = None) -> None:
        """Help is a result like any other, and fails like one."""
        if file is sys.stdout:
            out(message)
        else:
            say(message.rstrip("\n"))


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, max_help_position=32, width=100)


def parser() -> argparse.ArgumentParser:
    top = Parser(prog="perry-compose", description="Define and run multi-container applications.")
    add = top.add_argument
    text = "Compose file (repeat to override; - reads standard input)"
    add("-f", "--file", action="append", default=[], metavar="FILE", help=text)
    add("-p", "--project-name", metavar="NAME", help="name of the project")
    add("--project-directory", metavar="DIR", help="folder of relative paths (default: that of the first Compose file)")
    add("--profile", action="append", default=[], metavar="NAME", help="enable a profile (repeat for more; * for all)")
    add("--env-file", action="append", default=[], metavar="FILE", help="env file instead of .env (repeat for more)")
    add("--all-resources", action="store_true", help="keep resources that no service uses")
    one = top.add_mutually_exclusive_group()
    text = "context (or connection) of the engine's own programs, whose engine is used"
    one.add_argument("-c", "--context", metavar="NAME", help=text)
    text = "where the engine is: unix:///path, tcp://host:port, ssh://[user@]host"
    one.add_argument("-H", "--host", metavar="ADDRESS", help=text)
    top.set_defaults(run=None, engine=False)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", prog="perry-compose")
    for command in COMMANDS:
        command.add_parser(commands)
    return top
