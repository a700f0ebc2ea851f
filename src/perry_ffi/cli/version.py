"""``perry-compose version``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli.arguments import GlobalArguments
from perry_ffi.cli.terminal import out

if TYPE_CHECKING:
    from perry_ffi.cli.arguments import Subcommands
    from perry_ffi.cli.main import Invocation


class Arguments(GlobalArguments):
    """The values of the options of ``version``."""

    short: bool


def add_parser(commands: Subcommands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("version", help="print the version")
    parser.add_argument("--short", action="store_true", help="the number only")
    parser.set_defaults(run=run)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print the version."""
    from perry_ffi import __version__

    out(f"{__version__}\n" if arguments.short else f"perry-compose version {__version__}\n")
    return 0
