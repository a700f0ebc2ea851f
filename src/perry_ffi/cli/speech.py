"""How a person at a shell spells what a program calls options and operations."""

from __future__ import annotations

import re
from collections.abc import Iterable

from perry_ffi.advice import Advice, Named, Operation, Option

_FLAGS = {"dependencies": "deps", "images": "rmi"}
"""Flags that are not called as the options of a program; the others are these with dashes."""
_COMMANDS = {"followLogs": "logs --follow"}
"""Commands that are not called as the operations of a program."""


def spelled(text: str) -> str:
    """``text`` for a person at a shell."""
    return text.spelled(_spell) if isinstance(text, Advice) else text


def _spell(named: Named) -> str:
    return _command(named) if isinstance(named, Operation) else _flag(named)


def _command(operation: Operation) -> str:
    name = _COMMANDS.get(operation.name, operation.name)
    ahead = [option for option in operation.options if option.name == "projectName"]
    services = [option for option in operation.options if option.name == "services"]
    options = [option for option in operation.options if option not in (*ahead, *services)]
    return " ".join(["perry-compose", *map(_flag, ahead), name, *map(_flag, [*options, *services])])


def _flag(option: Option) -> str:
    value = option.value
    if option.name == "services" and isinstance(value, Iterable):
        return " ".join(map(str, value))
    name = _FLAGS.get(option.name) or re.sub("[A-Z]", lambda found: f"-{found[0].lower()}", option.name)
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    if isinstance(value, dict):
        return " ".join(f"--{name} {key}={number}" for key, number in value.items())
    return f"--{name} {value}"
