"""``perry-compose version``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import TEXT, Command, Flag
from perry_ffi.cli.terminal import out

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation


class Arguments(table.Arguments):
    """The values of the options of ``version``."""

    short: bool
    format: str


COMMAND = Command(
    "version",
    "print the version",
    (
        Flag("short", "the number only"),
        Flag("format", "pretty or json", "f", TEXT, default="pretty", words=("pretty", "json")),
    ),
    engine=False,
    files=False,
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print the version."""
    from perry_ffi import __version__

    if arguments.format == "json":
        out(f'{{"version":"{__version__}"}}\n')
    else:
        out(f"{__version__}\n" if arguments.short else f"perry-compose version {__version__}\n")
    return 0
