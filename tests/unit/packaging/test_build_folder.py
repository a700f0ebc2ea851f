"""What ``make build`` leaves in ``build/``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
UNCHECKED = 1  # PEP 552: a hash, and it is not compared


@pytest.fixture(scope="module")
def build() -> Path:
    folder = ROOT / "build"
    if not (folder / "site/perry_ffi").is_dir():
        pytest.fail("build/site is not there: run make build")
    return folder


def make_site(folder: Path) -> None:
    subprocess.run([sys.executable, ROOT / "scripts/make_site.py", folder], check=True)


def test_the_site_folder_holds_what_runs_and_no_more(build: Path) -> None:
    names = {path.name.split(".")[0] for path in (build / "site").iterdir()}
    assert {"perry_ffi", "_cffi_backend", "pydantic_core", "anyio", "h11", "yaml"} <= names
    assert not names & {"bin", "pip", "setuptools", "pytest", "cffi", "pycparser", "pydantic"}


def test_the_site_folder_says_that_the_package_is_typed(build: Path) -> None:
    assert (build / "site/perry_ffi/py.typed").is_file()


def test_nothing_in_the_build_folder_is_a_link(build: Path) -> None:
    for kind in ("site", "include", "pkgconfig"):
        assert not [path for path in (build / kind).rglob("*") if path.is_symlink()]


def test_every_module_has_byte_code_that_is_not_tied_to_a_date(build: Path) -> None:
    tag = sys.implementation.cache_tag
    sources = list((build / "site").rglob("*.py"))
    assert len(sources) > 100
    for source in sources:
        compiled = source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"
        assert int.from_bytes(compiled.read_bytes()[4:8], "little") == UNCHECKED, source


def test_every_package_brings_its_licence(build: Path) -> None:
    licences = {path.name for path in (build / "site/licenses").iterdir()}
    assert {"perry-container", "pydantic-core", "anyio", "h11", "cffi", "pyyaml"} <= licences


def test_a_second_run_changes_nothing_and_a_stray_file_goes(build: Path, tmp_path: Path) -> None:
    folder = tmp_path / "build"
    make_site(folder)
    before = {path: path.stat().st_mtime_ns for path in (folder / "site").rglob("*") if path.is_file()}
    (folder / "site/anyio/stray.py").write_text("left = 'behind'\n")
    make_site(folder)
    assert before == {path: path.stat().st_mtime_ns for path in (folder / "site").rglob("*") if path.is_file()}


def test_a_changed_module_is_copied_and_compiled_again(build: Path, tmp_path: Path) -> None:
    folder = tmp_path / "build"
    make_site(folder)
    module = folder / "site/perry_ffi/errors.py"
    compiled = module.parent / "__pycache__" / f"errors.{sys.implementation.cache_tag}.pyc"
    module.write_text("changed = True\n")
    compiled.write_bytes(b"")
    make_site(folder)
    assert module.read_bytes() == (ROOT / "src/perry_ffi/errors.py").read_bytes()
    assert compiled.stat().st_size > 1000


def test_the_folder_works_where_it_was_moved_to(build: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere and more"
    shutil.copytree(build, moved, ignore=shutil.ignore_patterns("objects", ".lock"))
    config = [sys.executable, "-m", "perry_ffi.config", "--library"]
    environ = {**os.environ, "PYTHONPATH": str(moved / "site")}
    printed = subprocess.run(config, env=environ, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert printed == f"'{moved}/libperry_container.so'\n"
