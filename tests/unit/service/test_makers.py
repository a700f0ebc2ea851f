"""Who makes what all operations share: one place each, so that a default is decided once."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import perry_ffi

ROOT = Path(perry_ffi.__file__).parent


@cache
def calls() -> dict[str, set[str]]:
    """The modules that call each name."""
    found: dict[str, set[str]] = {}
    for path in sorted(ROOT.rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                found.setdefault(ast.unparse(node.func), set()).add(module)
    return found


def test_contexts_are_made_in_one_place() -> None:
    assert calls()["StackContext"] == {"service.context"}


def test_options_are_made_of_what_others_say_in_one_place() -> None:
    """Verbs that bring others up, or stop them, say so by options of their own; a plan in a file has each of those it was made with."""
    makers = {module for name in ("Up", "Down") for module in calls()[name] if not module.startswith("stack.")}
    assert makers == {"service.options", "service.plans", "service.stacks"}


def test_a_process_and_a_command_have_one_client() -> None:
    """The serving loop makes one, and the one function that a command of the shell does its work in."""
    assert calls()["Client"] == {"bridge.server", "cli.engine"}
    assert calls()["asyncio.run"] == {"cli.engine"}
