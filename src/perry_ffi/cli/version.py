"""``perry-compose version``."""

from __future__ import annotations

import argparse
from typing import Any

from perry_ffi.cli.terminal import out


def add_parser(commands: Any) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("version", help="print the version")
    parser.add_argument("--short", action="store_true", help="the number only")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, context: Any) -> int:
    """Print the version."""
    from perry_ffi import __version__

    out(f"{__version__}\n" if arguments.short else f"perry-compose version {__version__}\n")
    return 0
