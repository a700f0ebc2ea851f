"""The table, what is generated from it, and what the shared object exports."""

from __future__ import annotations

import ast
import ctypes
import inspect
import json
import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
from cffi import FFI

from perry_ffi.abi import dispatch, generate, header
from perry_ffi.abi.rows import DIGEST, ROWS
from perry_ffi.abi.table import OPERATIONS, TABLES, digest
from perry_ffi.abi.types import HANDLES, Kind, Operation, promise
from tests.support import library as lib
from tests.support.driver import Driver
from tests.support.library import ROOT, Host

HEADER = ROOT / "include/perry_container.h"


def by_symbol(op: Operation) -> str:
    return op.symbol


def test_what_is_generated_is_what_is_checked_in() -> None:
    assert generate.stale(ROOT) == []


def test_a_stale_file_is_noticed(tmp_path: Path) -> None:
    for path, text in generate.outputs(ROOT).items():
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text)
    assert generate.stale(tmp_path) == []
    changed = tmp_path / "include/perry_container.h"
    changed.write_text(changed.read_text().replace("js_container_run", "js_container_rum"))
    assert generate.stale(tmp_path) == [changed]
    assert generate.main(["--check", str(tmp_path)]) == 1
    assert generate.main([str(tmp_path)]) == 0
    assert generate.stale(tmp_path) == []


# -- the header -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "language"),
    [("cc", "c99"), ("cc", "c11"), ("cc", "c17"), ("c++", "c++17"), ("c++", "c++20")],
    ids=lambda value: value,
)
def test_the_header_compiles_alone(tool: str, language: str, tmp_path: Path) -> None:
    compiler = lib.need_tool(tool, "apt-get install g++")
    source = tmp_path / ("alone.c" if tool == "cc" else "alone.cpp")
    source.write_text('#include "perry_container.h"\n#include "perry_container.h"\n')
    command = [compiler, f"-std={language}", *lib.STRICT, "-Wshadow", f"-I{HEADER.parent}", "-c", str(source)]
    done = subprocess.run([*command, "-o", str(tmp_path / "alone.o")], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def declared() -> dict[str, str]:
    """Every function and table that the header exports, with the comment before it."""
    text = HEADER.read_text()
    found = {}
    for block in re.finditer(r"((?:/\*.*?\*/\s*)?)^(?:extern )?PERRY_CONTAINER_API ([^;]+);", text, re.S | re.M):
        name = re.search(r"(\w+)(?:\(|\[\]|$)", block[2].split("(")[0].strip() + ("(" if "(" in block[2] else ""))
        assert name is not None, block[2]
        found[name[1]] = block[1]
    return found


def test_the_header_declares_every_row() -> None:
    assert {op.symbol for op in OPERATIONS} <= set(declared())


def test_every_function_is_documented() -> None:
    undocumented = [name for name, comment in declared().items() if not comment.strip() and not name.startswith("PERRY_")]
    assert undocumented == []


@pytest.mark.parametrize("op", OPERATIONS, ids=by_symbol)
def test_the_comment_of_a_row_says_all(op: Operation) -> None:
    """The meaning, every parameter with its kind, the result with its owner, and whether it works in this version."""
    comment = header.comment(op)
    assert comment in HEADER.read_text()
    flat = re.sub(r"\s*\n \*\s*", " ", comment)
    assert op.doc.split(".")[0] in flat
    for param in op.params:
        kind = f"json {param.model}" if param.kind is Kind.JSON else param.kind.value
        assert f" {param.name}: {kind}; " in flat
    assert re.search(r"Result: .*(none|static|freed with)|Settles with ", flat)
    assert ("501" in flat) == (not op.ready)


@pytest.mark.parametrize("op", OPERATIONS, ids=by_symbol)
def test_a_parameter_that_may_be_absent_says_what_that_means(op: Operation) -> None:
    """Or, of options, which members there are: that none is given goes without saying."""
    said = {p.name: "absent" in p.doc or p.name == "options" for p in op.params}
    assert said == {p.name: p.optional for p in op.params}


def test_a_row_that_gives_a_handle_says_of_what() -> None:
    assert {op.symbol for op in OPERATIONS if op.settles == "i64"} == {op.symbol for op in OPERATIONS if op.handle}
    assert {op.handle for op in OPERATIONS} - {""} == set(HANDLES)
    with pytest.raises(ValueError, match="js_container_copy: settles with i64 and one of stack"):
        promise("container", "copy", [], "i64", "Copies.")


def test_the_declarations_parse() -> None:
    """As cffi reads them, and as it opens the library with them."""
    ffi = FFI()
    ffi.cdef((ROOT / "src/perry_ffi/abi/perry_container.cdef").read_text())
    names = {op.symbol for op in OPERATIONS} | set(declared())
    opened = ffi.dlopen(str(lib.library()))
    assert [name for name in names if not hasattr(opened, name)] == []
    assert ffi.string(opened.perry_container_version()).decode() == import_module("perry_ffi").__version__
    assert opened.perry_container_abi_version() == opened.PERRY_CONTAINER_ABI_VERSION == 1
    assert ffi.string(opened.perry_container_config(b"form")) in (b"disk", b"static")
    assert ffi.string(opened.perry_container_config(b"python")).startswith(b"3.")
    assert opened.perry_container_config(b"other") == opened.perry_container_config(ffi.NULL) == ffi.NULL
    assert ffi.sizeof("PerryStringHeader") == 20
    for name, rows in TABLES.items():
        assert getattr(opened, f"{name}_LENGTH") == len(rows)


# -- the shared object ----------------------------------------------------------------------------


def exported(library: Path) -> set[str]:
    nm = lib.need_tool("nm", "apt-get install binutils")
    lines = subprocess.run([nm, "-D", "--defined-only", str(library)], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1] for line in lines.splitlines()}


@pytest.mark.abi
def test_the_shared_object_exports_the_table_and_nothing_else() -> None:
    symbols = exported(lib.library())
    operations = {op.symbol for op in OPERATIONS}
    assert operations <= symbols
    assert {name for name in symbols if name.startswith(("js_", "alloy_"))} == operations
    listed = re.findall(r"^    (\w+);$", (ROOT / "src/perry_ffi/abi/c/exports/exports.map").read_text(), re.M)
    assert symbols == set(listed)
    assert symbols - {"perry_container_claim"} == set(declared())


@pytest.mark.abi
def test_no_writable_code_and_its_own_name() -> None:
    """What the linker was asked for: the soname, never unloaded, all symbols bound, no executable stack."""
    readelf = lib.need_tool("readelf", "apt-get install binutils")
    shown = subprocess.run([readelf, "-dlW", str(lib.library())], capture_output=True, text=True, check=True).stdout
    assert f"[{lib.NAME}]" in shown
    assert "NODELETE" in shown and "NOW" in shown and "SYMBOLIC" in shown
    assert re.search(r"GNU_STACK.* RW ", shown)


class Row(ctypes.Structure):
    """PerryContainerRow."""

    _fields_ = [
        ("method", ctypes.c_char_p),
        ("runtime", ctypes.c_char_p),
        ("argc", ctypes.c_uint8),
        ("args", ctypes.c_uint8 * 4),
        ("returns", ctypes.c_uint8),
        ("settles", ctypes.c_uint8),
    ]


@pytest.mark.abi
@pytest.mark.parametrize("name", TABLES)
def test_the_exported_table_is_the_json_table(name: str) -> None:
    loaded = ctypes.CDLL(str(lib.library()))
    length = ctypes.c_size_t.in_dll(loaded, f"{name}_LENGTH").value
    rows = (Row * length).in_dll(loaded, name)
    expected = json.loads((ROOT / "codegen_tables/perry_container_tables.json").read_text())["tables"][name]
    kinds = {"str": 0, "json": 0, "i64": 1}
    settles = {"void": 0, "i64": 1, None: 0}
    assert [
        (row.method.decode(), row.runtime.decode(), list(row.args)[: row.argc], row.returns, row.settles) for row in rows
    ] == [
        (
            row["method"],
            row["runtime"],
            [kinds[arg["kind"]] for arg in row["args"]],
            ["promise", "string", "void"].index(row["returns"]),
            settles.get(row["settles"], 2),
        )
        for row in expected
    ]


STUBS = """
#![allow(dead_code)]
pub enum UiArgKind { Str, I64Raw }
pub enum UiReturnKind { Promise, Str, Void }
pub struct UiSig {
    pub method: &'static str,
    pub runtime: &'static str,
    pub args: &'static [UiArgKind],
    pub ret: UiReturnKind,
}
include!("@ROWS@");
fn main() {
    for (name, table) in [@TABLES@] {
        for row in table.iter() {
            let args: String = row.args.iter().map(|a| match a { UiArgKind::Str => 's', UiArgKind::I64Raw => 'i' }).collect();
            let ret = match row.ret { UiReturnKind::Promise => "promise", UiReturnKind::Str => "string", UiReturnKind::Void => "void" };
            println!("{} {} {} {} {}", name, row.method, row.runtime, args, ret);
        }
    }
}
"""


def test_the_rust_rows_compile(tmp_path: Path) -> None:
    """Against stand-ins for the compiler's own types; the rows that come out are the table's."""
    rustc = lib.need_tool("rustc", "apt-get install rustc")
    rows = ROOT / "codegen_tables/perry_container_tables.rs"
    tables = ", ".join(f'("{name}", {name})' for name in TABLES)
    source = tmp_path / "rows.rs"
    source.write_text(STUBS.replace("@ROWS@", str(rows)).replace("@TABLES@", tables))
    program = tmp_path / "rows"
    done = subprocess.run([rustc, "--edition=2021", str(source), "-o", str(program)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()
    expected = [
        f"{name} {dispatch.method(op)} {op.symbol} {_letters(op)} {op.returns.value}"
        for name, operations in TABLES.items()
        for op in operations
    ]
    assert printed == expected


def _letters(op: Operation) -> str:
    return "".join("i" if p.kind is Kind.I64 else "s" for p in op.params)


# -- the rows that Python serves ------------------------------------------------------------------


def test_the_rows_are_the_table() -> None:
    assert digest() == DIGEST
    assert [(symbol, handler, kinds) for symbol, handler, _, kinds in ROWS] == [
        (op.symbol, op.handler, tuple(p.kind.value for p in op.params)) for op in OPERATIONS
    ]


@pytest.mark.parametrize("op", [op for op in OPERATIONS if op.handler], ids=by_symbol)
def test_a_ready_row_has_its_function(op: Operation) -> None:
    """It is named whole, and takes a client and what the row says."""
    assert f'"{op.handler}"' in (ROOT / "src/perry_ffi/abi/table.py").read_text()
    module, name = op.handler.split(":")
    handler = getattr(import_module(f"perry_ffi.{module}"), name)
    parameters = list(inspect.signature(handler).parameters.values())
    assert all(p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty for p in parameters)
    assert parameters[0].name == "client" and parameters[0].annotation == "Client"
    hints = {"str": "str | None", "json": "bytes | None", "i64": "int"}
    assert [p.annotation for p in parameters[1:]] == [hints[param.kind.value] for param in op.params]


HELPERS = ("arguments", "results")
"""The modules of ``api`` that read and write for the others."""


def test_every_function_of_the_operations_is_a_row() -> None:
    """No public function of ``api`` is left without a row, but those that read arguments and write results."""
    served = {op.handler for op in OPERATIONS}
    functions = [
        f"api.{path.stem}:{node.name}"
        for path in sorted((ROOT / "src/perry_ffi/api").glob("*.py"))
        for node in ast.parse(path.read_text()).body
        if path.stem not in HELPERS and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name[0] != "_"
    ]
    assert functions and [function for function in functions if function not in served] == []


@pytest.mark.abi
def test_rows_that_are_not_ready_say_so(plain_host: Host) -> None:
    with Driver(plain_host) as driver:
        for op in (op for op in OPERATIONS if not op.ready):
            row = driver.rejection(op.symbol, *(1 if p.kind is Kind.I64 else b"{}" for p in op.params))
            assert (row["code"], row["kind"], row["operation"]) == (501, "Unsupported", op.symbol)
            assert op.symbol in row["message"]
