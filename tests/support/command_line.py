"""Command lines, read as ``perry-compose`` reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perry_ffi.cli.commands import command
from perry_ffi.cli.parse import parse, parse_command


def parsed(words: Sequence[str]) -> Any:
    """The arguments of a command line with a command."""
    arguments, rest = parse(words)
    parse_command(command(rest[0])[0], rest[1:], arguments)
    return arguments
