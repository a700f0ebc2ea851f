"""The WIT contract: read by the parser that all tools share, compared with the table, and made into bindings that compile."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from perry_ffi.abi.table import OPERATIONS
from perry_ffi.abi.types import HANDLES, Kind, Operation, Returns
from perry_ffi.errors import KINDS
from tests.support import wit
from tests.support.library import ROOT, need_tool
from tests.support.wit import Contract

NAMES = json.loads((ROOT / "codegen_tables/perry_container_wit.json").read_text())
PATHS = {row["symbol"]: path for path, row in NAMES["functions"].items()}
# The bindings are for machines with addresses of 32 bits, and say in attributes that only their compilers know what is imported.
FOREIGN = ["-Wno-attributes", "-Wno-int-to-pointer-cast", "-Wno-pointer-to-int-cast"]


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return wit.read(wit.FOLDER, tmp_path_factory.mktemp("bindings"))


def by_symbol(op: Operation) -> str:
    return op.symbol


def test_the_package_has_its_name_and_two_worlds(contract: Contract) -> None:
    assert [package["name"] for package in contract.resolve["packages"]] == ["perry:container@1.0.0"]
    everything = sorted(contract.interfaces())
    assert everything == ["capability", "compose", "containers", "streams", "types", "workloads"]
    assert contract.world("host") == {"imports": [], "exports": everything}
    assert contract.world("guest") == {"imports": everything, "exports": []}


def test_what_is_no_wit_is_refused(tmp_path: Path) -> None:
    """The reader reads: a keyword as a name is an error."""
    shutil.copytree(wit.FOLDER, tmp_path / "wit")
    file = tmp_path / "wit/containers.wit"
    file.write_text(file.read_text().replace("%list: func", "list: func"))
    with pytest.raises(SyntaxError, match="keyword `list`"):
        wit.read(tmp_path / "wit", tmp_path)


# -- the table --------------------------------------------------------------------------------------


def test_the_functions_are_the_rows(contract: Contract) -> None:
    """Both ways: no row without a function, no function without a row, each with one."""
    assert set(contract.functions()) == set(NAMES["functions"])
    assert sorted(row["symbol"] for row in NAMES["functions"].values()) == sorted(op.symbol for op in OPERATIONS)


@pytest.mark.parametrize("op", OPERATIONS, ids=by_symbol)
def test_a_function_takes_what_its_row_takes(contract: Contract, op: Operation) -> None:
    function = contract.functions()[PATHS[op.symbol]]
    taken = [(row["name"], contract.text(row["type"])) for row in function["params"]]
    rest = op.params
    if function["kind"] != "freestanding":
        assert taken.pop(0) == ("self", f"{op.params[0].model}-handle")
        rest = op.params[1:]
    assert not any(param.model in HANDLES for param in rest)
    assert [name.replace("-", "") for name, _ in taken] == [param.name.lower() for param in rest]
    for (_, kind), param in zip(taken, rest, strict=True):
        assert kind.startswith("option<") == param.optional, (param.name, kind)
        assert (kind == "bool") == (param.kind is Kind.I64)
        assert (kind.removeprefix("option<").removesuffix(">") == "string") == (param.kind is Kind.STR)


@pytest.mark.parametrize("op", OPERATIONS, ids=by_symbol)
def test_a_function_gives_what_its_row_settles_with(contract: Contract, op: Operation) -> None:
    """A promise is a result that may fail with the error of all, void is no value, a handle a resource; the others give at once."""
    function = contract.functions()[PATHS[op.symbol]]
    given = contract.text(function["result"]) if "result" in function else ""
    if op.returns is not Returns.PROMISE:
        assert given in ({""} if op.returns is Returns.VOID else {"string", "json"})
        return
    match = re.fullmatch(r"result<(.+), container-error>", given)
    assert match, given
    assert (match[1] == "_") == (op.settles == "void")
    assert match[1].endswith("-handle") == (op.settles == "i64" or op.settles == "ContainerHandle")
    if op.handle:
        assert match[1] == f"{op.handle}-handle"
        assert contract.resolve["types"][_type_id(contract, match[1])]["kind"] == "resource"
    assert match[1].startswith("list<") == (op.settles.endswith("[]"))
    assert match[1].startswith("option<") == (op.settles.endswith("|null"))


def _type_id(contract: Contract, name: str) -> int:
    home = {"stack-handle": "compose", "graph-handle": "workloads", "stream-handle": "streams"}[name]
    return int(contract.interfaces()[home]["types"][name])


@pytest.mark.parametrize("op", OPERATIONS, ids=by_symbol)
def test_a_function_is_documented_with_every_parameter(contract: Contract, op: Operation) -> None:
    function = contract.functions()[PATHS[op.symbol]]
    doc = " ".join(function["docs"]["contents"].split())
    assert doc.startswith(" ".join(op.doc.split()))
    assert ("501 Unsupported" in doc) == (not op.ready)
    named = {row["name"] for row in function["params"]} - {"self"}
    assert {name for name in named if f"- `{name}`: " in doc} == named


def test_errors_are_the_family(contract: Contract) -> None:
    cases = contract.types()["error-kind"]["enum"]["cases"]
    assert [case["docs"]["contents"].split(".")[0] for case in cases] == [str(kind.code) for kind in KINDS]
    assert [NAMES["types"]["error-kind"]["parts"][case["name"]]["json"] for case in cases] == [kind.kind for kind in KINDS]
    fields = contract.types()["container-error"]["record"]["fields"]
    assert [(row["name"], contract.text(row["type"])) for row in fields] == [
        ("code", "u16"), ("kind", "error-kind"), ("message", "string"), ("details", "option<json>"),
    ]  # fmt: skip


def test_the_names_in_json_are_of_what_is_defined(contract: Contract) -> None:
    """The list of names beside the contract has every definition of it, with the same parts and types."""
    seen = {}
    for name, kind in contract.types().items():
        form, of = next(iter(kind.items()))
        rows = of.get("fields") or of.get("cases") if isinstance(of, dict) else None
        seen[name] = (
            form,
            [(row["name"], contract.text(row["type"]) if row.get("type") is not None else "") for row in rows or []],
        )
    listed = {
        name: (row["kind"], [(part, about.get("type", "")) for part, about in row.get("parts", {}).items()])
        for name, row in NAMES["types"].items()
    }
    assert seen == listed


# -- bindings ---------------------------------------------------------------------------------------


def test_bindings_for_rust_compile(contract: Contract) -> None:
    """Of both worlds, with a stub of every function of the host; and the example of the documentation."""
    (contract.bindings / "rust/example.rs").write_text(example("rust"))
    assert wit.check_rust(contract.bindings) == ""


@pytest.mark.parametrize("world", ["host", "guest"])
def test_bindings_for_c_compile(contract: Contract, world: str) -> None:
    assert compiled(contract.bindings / f"c/{world}.c") == ""


def test_the_example_in_c_compiles(contract: Contract) -> None:
    source = contract.bindings / "c/example.c"
    source.write_text(example("c"))
    assert compiled(source) == ""


def compiled(source: Path) -> str:
    """What the compiler says against it."""
    command = [need_tool("cc", "apt-get install gcc libc6-dev"), "-std=c11", "-Wall", "-Wextra", "-fsyntax-only", *FOREIGN]
    return subprocess.run([*command, str(source)], capture_output=True, text=True).stderr


def example(language: str) -> str:
    """The program of docs/wit.md in a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "docs/wit.md").read_text(), re.M | re.S)
    return str(found)
