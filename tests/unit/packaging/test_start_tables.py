"""The tables that ``make build`` makes: whole, the same each time, and made anew when they have to be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from perry_ffi.interpreter.tables import NAME, read
from tests.unit.interpreter.support import ROOT, SITE, run

MAKER = ROOT / "scripts/make_tables.py"
PLACE = Path("perry_ffi/interpreter", NAME)

COUNT = f"""
sys.argv[1:] = [{str(SITE)!r}]
from perry_ffi.interpreter import compiling, tables
found, missed = compiling.usable(), []
found.missed = missed.append
compiling.put_in(found)
tables.NAME = "none, for those are in place"
from perry_ffi.interpreter import classes
from perry_ffi.interpreter.settling import settle_in
classes.put_off_classes = bool
settle_in()
sys.path.append({str(MAKER.parent)!r})
import asyncio, make_tables
"""


def test_the_first_calls_compile_nothing() -> None:
    missed = run(COUNT + "asyncio.run(make_tables.first_calls())\nprint(*missed, sep='\\n')\n", packages=SITE)
    assert missed == "\n", f"texts that are not in the tables of make build:\n{missed}"


def test_no_module_of_the_package_compiles_a_text_when_it_loads() -> None:
    missed = run(COUNT + "make_tables.import_all()\nprint(*missed, sep='\\n')\n", packages=SITE)
    assert missed == "\n", f"texts that are not in the tables of make build:\n{missed}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    yield shutil.copytree(SITE, tmp_path / "site")
    shutil.rmtree(tmp_path / "site")


def made_by_make_site(site: Path) -> os.stat_result:
    code = "import sys; from pathlib import Path; from make_site import make_tables; make_tables(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, site], cwd=MAKER.parent, check=True)
    return (site / PLACE).stat()


def test_the_same_packages_give_the_same_tables(site: Path) -> None:
    (site / PLACE).unlink()
    subprocess.run([sys.executable, "-I", "-S", MAKER, site], check=True)
    assert (site / PLACE).read_bytes() == (SITE / PLACE).read_bytes()


def test_they_are_made_anew_for_a_newer_module_and_for_tables_of_another_python(site: Path) -> None:
    before = made_by_make_site(site)
    assert made_by_make_site(site).st_ino == before.st_ino
    (site / "perry_ffi/errors.py").touch()
    newer = made_by_make_site(site)
    assert newer.st_ino != before.st_ino
    (site / PLACE).write_bytes(b"of another Python\n")
    assert made_by_make_site(site).st_size == newer.st_size
    assert read((site / PLACE).read_bytes()) is not None
