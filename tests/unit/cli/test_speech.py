"""Options and operations as a program spells them, and as a person at a shell does: the flags are those there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from perry_ffi.advice import Advice, Named, Operation, Option
from perry_ffi.cli.speech import spelled
from perry_ffi.errors import one_line
from perry_ffi.model.stack import DownOptions, StackLogOptions, UpOptions
from perry_ffi.stack import logs, project_lookup
from perry_ffi.stack.containers import reconcile
from tests.support.command_line import parsed

MODELS = {"up": UpOptions, "down": DownOptions, "logs": StackLogOptions}
SPELLED: list[tuple[Named, str, str]] = [
    (Option("removeOrphans"), "removeOrphans: true", "--remove-orphans"),
    (Option("noRecreate"), "noRecreate: true", "--no-recreate"),
    (Option("rollback", False), "rollback: false", "--no-rollback"),
    (Option("dependencies", False), "dependencies: false", "--no-deps"),
    (Option("images", "local"), 'images: "local"', "--rmi local"),
    (Option("scale", {"web": 0}), 'scale: {"web": 0}', "--scale web=0"),
    (Option("tail", 5), "tail: 5", "--tail 5"),
    (Operation("down"), "down", "perry-compose down"),
    (Operation("down", (Option("volumes"),)), "down (volumes: true)", "perry-compose down --volumes"),
    (Operation("up", (Option("services", ["a", "b"]), Option("wait"))), 'up (services: ["a", "b"], wait: true)', "perry-compose up --wait a b"),
    (Operation("followLogs"), "followLogs", "perry-compose logs --follow"),
]  # fmt: skip


@pytest.mark.parametrize(("named", "program", "shell"), SPELLED, ids=str)
def test_spellings(named: Named, program: str, shell: str) -> None:
    text = Advice("x {} y {}", named, "{}")
    assert text == f"x {program} y {{}}" and json.loads(json.dumps({"a": text})) == {"a": text}
    assert spelled(text) == f"x {shell} y {{}}"
    if isinstance(named, Operation):
        parsed(shell.split()[1:])


def test_plain_text_stays() -> None:
    assert spelled("removeOrphans") == "removeOrphans"


def test_it_survives_being_made_safe() -> None:
    text = one_line(Advice("{} of {}", Option("removeOrphans"), "a\x1bb http://u:secret@h"))
    assert text == "removeOrphans: true of a\\x1bb http://u:***@h"
    assert spelled(text) == "--remove-orphans of a\\x1bb http://u:***@h"


def test_values_and_places_agree() -> None:
    with pytest.raises(ValueError):
        Advice("{} {}", "a")
    assert spelled(Advice("a: {}", Advice("b {}", Option("wait")))) == "a: b --wait"


def _advice(source: Path) -> Iterator[tuple[str, str]]:
    """(option, file) of every Option that the sources name."""
    import ast

    for path in sorted(source.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="Option"), args=[ast.Constant(value=name), *_]):
                    yield str(name), path.name


def test_every_option_that_is_named_is_one_of_an_operation() -> None:
    known = {field.alias or name for model in MODELS.values() for name, field in model.model_fields.items()}
    found = set(_advice(Path(reconcile.__file__).parent))
    assert len(found) > 5 and {name for name, _ in found} <= known


def test_the_stacks_advice_names_commands_that_there_are() -> None:
    assert spelled(project_lookup.REMEDY).startswith("perry-compose up ")
    assert "--tail 1000" in spelled(logs.LESS) and "perry-compose logs --follow" in spelled(logs.LESS)
    assert "perry-compose down --volumes, then perry-compose up," in spelled(reconcile._ANEW["volume"])
