"""The TypeScript package beside the library: every operation, every document and every kind of error is declared there, too."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from typing import get_args, is_typeddict

import pytest

import perry_ffi.model
from perry_ffi.abi.table import OPERATIONS, Operation
from perry_ffi.abi.typescript import typescript_symbol
from perry_ffi.compose.schema import SERVICE_ATTRIBUTES
from perry_ffi.errors import KINDS
from perry_ffi.model import workload_status, workload_values
from perry_ffi.model.answer import Answer
from perry_ffi.model.base import Model

SOURCES = Path(__file__).resolve().parents[3] / "packages/perry-container/src"
TEXTS = {path.name: path.read_text() for path in SOURCES.glob("*.ts")}
INTERFACE = re.compile(r"^export interface (\w+)(?:<[^>{]*>)?(?:\s+extends\s+([^{]*?))? \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
ALIAS = re.compile(r"^export type (\w+) = (\w+);", re.MULTILINE)
MEMBER = re.compile(r"^  (\w+)\??:", re.MULTILINE)

# Members that only TypeScript has: its package turns them into others, or they are another spelling of one.
CONVENIENCE = {
    "StackLogOptions": {"service"}, "CapabilitySpec": {"command"}, "WorkloadNode": {"dependsOn"},
}  # fmt: skip
# Parts of a graph that have a longer name in TypeScript, where all names are side by side.
PARTS = {f"Workload{name}": name for name in ("Dependency", "Output", "Ready", "Resources", "Retry")}
PARTS |= {"BackendMount": "BackendMount", "BackendNode": "BackendNode"}
PARTS |= {
    name: name for name in ("EdgeRow", "NodeDetails", "NodeIsolation", "PlanRow", "PolicySpec", "RuntimeSpec", "WorkloadEdge")
}
# Unions of words.
WORDS: dict[str, tuple[str, ...]] = {
    "GraphFailure": workload_values.FAILURE_STRATEGIES,
    "GraphStrategy": workload_values.STRATEGIES,
    "NodeState": get_args(workload_status.NodeState),
    "Phase": get_args(workload_status.Phase),
    "Projection": workload_values.PROJECTIONS,
    "WorkloadCondition": workload_values.CONDITIONS,
}
# Documents of the table that TypeScript programs see by another name, or not at all.
WITHOUT_A_NAME = {"Chunk"}


def declared() -> dict[str, set[str]]:
    """The members of every interface."""
    found = {name: (bases, set(MEMBER.findall(body))) for text in TEXTS.values() for name, bases, body in INTERFACE.findall(text)}

    def members(name: str) -> set[str]:
        """Of an interface and what it extends, be it ``Partial<Omit<Base, "member">>``."""
        bases = [base for base in re.findall(r"\w+", found[name][0]) if base in found]
        return found[name][1].union(*(members(base) for base in bases))

    own = {name: members(name) for name in found}
    return own | {name: own[of] for text in TEXTS.values() for name, of in ALIAS.findall(text) if of in own}


def aliases() -> set[str]:
    """Names of types that are no interfaces."""
    return {name for text in TEXTS.values() for name in re.findall(r"^export type (\w+)\b", text, re.MULTILINE)}


def documents() -> dict[str, set[str]]:
    """The members, as JSON has them, of everything that a program says or hears."""
    found: dict[str, set[str]] = {}
    for module in pkgutil.iter_modules(perry_ffi.model.__path__):
        for kind in vars(importlib.import_module(f"perry_ffi.model.{module.name}")).values():
            if isinstance(kind, type) and issubclass(kind, Answer):
                found[kind.__name__] = {member.json for member in kind._members if member.json is not None}
            elif isinstance(kind, type) and issubclass(kind, Model):
                found[kind.__name__] = {field.alias or name for name, field in kind.model_fields.items()}
            elif is_typeddict(kind):
                found[kind.__name__] = set(kind.__annotations__)
    return found


def names_of_the_table() -> set[str]:
    """The documents that operations take and give, by the names in the table."""
    texts = [text for op in OPERATIONS for text in (op.settles, *(param.model for param in op.params))]
    return {name for text in texts for name in re.findall(r"[A-Z]\w+", text)}


@pytest.mark.parametrize("name", sorted(documents().keys() & names_of_the_table()))
def test_a_document_has_the_same_members_in_typescript(name: str) -> None:
    """A member that is forgotten in ``packages/perry-container/src`` cannot be given, or read, by a typed program."""
    assert declared()[name] == documents()[name] | CONVENIENCE.get(name, set())


@pytest.mark.parametrize("name", sorted(PARTS))
def test_a_part_of_a_graph_has_the_same_members_in_typescript(name: str) -> None:
    assert declared()[name] == documents()[PARTS[name]]


@pytest.mark.parametrize("name", sorted(WORDS))
def test_words_of_graphs_are_the_same_in_typescript(name: str) -> None:
    """Other spellings of a word may be declared beside it."""
    union = next(found for text in TEXTS.values() if (found := re.search(rf"^export type {name} =([^;]*);", text, re.MULTILINE)))
    words = re.findall(r'"([\w-]+)"', union[1])
    assert set(WORDS[name]) <= set(words)
    if name == "WorkloadCondition":
        assert {workload_values.condition(word) for word in words} == set(WORDS[name])
    else:
        assert {workload_values.spelled(WORDS[name])(word) for word in words} == set(WORDS[name])


def test_every_attribute_of_a_service_is_declared() -> None:
    assert declared()["ComposeService"] == {name for name in SERVICE_ATTRIBUTES if not name.startswith("x-")}


def test_every_document_of_the_table_is_declared() -> None:
    assert names_of_the_table() - declared().keys() - aliases() - WITHOUT_A_NAME == set()


def test_every_operation_is_called_by_the_typed_layer() -> None:
    called = "".join(text for name, text in TEXTS.items() if name != "raw.ts")
    names = {typescript_symbol(op).removeprefix("js_") for op in OPERATIONS}
    assert {name for name in names if not re.search(rf"\b{name}\(", called)} == set()


@pytest.mark.parametrize(
    "op", [op for op in OPERATIONS if any("|" in param.model for param in op.params)], ids=lambda op: op.name
)
def test_an_operation_takes_every_kind_of_document_that_the_table_says(op: Operation) -> None:
    """One that takes a container or a project, say, is typed for both."""
    called = f"raw.{typescript_symbol(op).removeprefix('js_')}("
    (before,) = (text[: text.index(called)] for text in TEXTS.values() if called in text)
    kinds = {kind for param in op.params for kind in re.findall(r"[A-Z]\w+", param.model)}
    assert kinds <= set(re.findall(r"\w+", before[before.rindex("function ") :]))


def test_every_operation_is_called_by_a_program() -> None:
    """One that is compiled by Perry and run on real engines, by ``tests/perry/test_operations.py``."""
    program = (SOURCES.parents[2] / "tests/perry/programs/operations.ts").read_text()
    assert [op.symbol for op in OPERATIONS if f'"{op.symbol}"' not in program] == []


def test_every_kind_of_error_is_declared_with_its_code() -> None:
    kinds = dict(re.findall(r'\| "(\w+)";? // (\d+)', TEXTS["errors.ts"]))
    assert kinds == {kind.__name__: str(kind.code) for kind in KINDS}


def test_the_declarations_beside_the_sources_have_the_same_members() -> None:
    """They are what ``tsc -p packages/perry-container`` writes."""
    for name in ("types.ts", "composetypes.ts", "workloadtypes.ts", "workloadstatus.ts"):
        written = (SOURCES.parent / "types" / name.replace(".ts", ".d.ts")).read_text()
        assert interfaces(written) == interfaces(TEXTS[name])


def interfaces(text: str) -> dict[str, str]:
    """The bodies of the interfaces, however they are laid out."""
    return {name: re.sub(r"\s", "", body).replace(";}", "}") for name, _, body in INTERFACE.findall(text)}
