"""The subcommands: those that there are are offered, and documented."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from pathlib import Path

from perry_ffi import cli
from perry_ffi.cli.commands import COMMANDS

DOCS = Path(__file__).resolve().parents[3] / "docs/shell.md"
NAMES = {command.__name__.rpartition(".")[2] for command in COMMANDS}


def test_every_subcommand_is_offered() -> None:
    modules = {module.name for module in pkgutil.iter_modules(cli.__path__) if module.name != "__main__"}
    assert {name for name in modules if hasattr(import_module(f"perry_ffi.cli.{name}"), "add_parser")} == NAMES


def test_every_subcommand_is_documented() -> None:
    first = DOCS.read_text().split("\n\n")[1]
    listed = re.search(r"for a program: ([`\w, ]+)\.", first)
    assert listed is not None and set(re.findall(r"`(\w+)`", listed[1])) == NAMES
