"""The library as one object, in the archive that Perry links: what it shows of itself, and a program that has it in itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import build_perry
from perry_ffi.abi.table import OPERATIONS
from perry_ffi.abi.typescript import typescript_symbol
from scripts.static import joined
from scripts.static.toolchain import run
from tests.support import library as lib
from tests.support.bare import SUITES, bare

pytestmark = pytest.mark.abi
PROGRAM = lib.ROOT / "tests/perry/c/fake_runtime.c"
SETTLED = ["delivered 10000", "pending 0 fulfilled 5000 rejected 5000 first ValidationError"]


@pytest.fixture(scope="module")
def archive(static_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = static_library.parent / joined.NAME
    if not found.exists():
        pytest.skip(f"{found} is not there: make static")
    return build_perry.build(tmp_path_factory.mktemp("archive") / build_perry.ARCHIVE, None, found)


@pytest.fixture(scope="module")
def program(archive: Path) -> Path:
    """A stand-in for the Perry runtime with the archive, for any glibc from 2.17 on."""
    target = archive.with_name("fake_runtime")
    words = ["-std=gnu11", f"-I{lib.ROOT / 'include'}", str(PROGRAM), str(archive), "-o", str(target)]
    run(["perry-cc", *words, "-lpthread", "-ldl", "-lm", "-lutil", "-lunwind"])
    return target


def symbols(file: Path, *options: str) -> set[str]:
    done = subprocess.run(["nm", *options, str(file)], check=True, capture_output=True, text=True)
    return {line.split()[-1] for line in done.stdout.splitlines() if line and not line.endswith(":")}


def test_nothing_of_what_is_in_it_is_visible(archive: Path, static_library: Path) -> None:
    assert symbols(static_library.parent / joined.NAME, "-g", "--defined-only") == {joined.ENTRY}
    names = symbols(archive, "-g", "--defined-only")
    assert names - {op.symbol for op in OPERATIONS} - {typescript_symbol(op) for op in OPERATIONS} == {
        *(f"perry_forward_{what}" for what in ("count", "functions", "names", "refused", "to")),
        *(f"perry_runtime_{what}" for what in ("host", "rejected", "string")),
        joined.ENTRY,
    }


def test_every_operation_can_be_asked_for() -> None:
    assert {op.symbol for op in OPERATIONS} <= set(joined.functions())
    assert not [name for name in joined.functions() if name.isupper()]


@pytest.mark.parametrize("mode", ["requests", "foreign"])
def test_promises_settle_in_a_program_that_has_it_in_itself(program: Path, mode: str) -> None:
    ran = lib.run([program, mode], {})
    count = 50 if mode == "foreign" else 5000
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == f"pending 0 fulfilled {count} rejected {count} first ValidationError"


@pytest.mark.parametrize("suite", SUITES)
def test_what_the_archive_adds_runs_on_a_bare_system(program: Path, suite: str) -> None:
    """Also where programs of Perry do not: it is their runtime that asks for a newer glibc."""
    with bare(suite) as system:
        system.put(program)
        ran = system.run("fake_runtime", "requests")
        assert (ran.status, ran.out.splitlines(), ran.err) == (0, SETTLED, "")


def test_an_unknown_form_and_a_library_that_was_not_made_are_told(tmp_path: Path) -> None:
    command = [sys.executable, str(lib.ROOT / "build_perry.py"), "--output", str(tmp_path / "lib" / build_perry.ARCHIVE)]
    unknown = subprocess.run([*command, "--form", "executible"], capture_output=True, text=True)
    assert unknown.returncode == 2
    assert "invalid choice: 'executible' (choose from 'beside', 'executable')" in unknown.stderr
    words = ["--form", "executable", "--joined", str(tmp_path / "none.o")]
    without = subprocess.run([*command, *words], capture_output=True, text=True)
    assert without.returncode == 1
    assert f"{tmp_path}/none.o is not there" in without.stderr and "make static" in without.stderr
    assert not (tmp_path / "lib").exists()
