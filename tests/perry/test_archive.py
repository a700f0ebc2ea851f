"""The archive that Perry links, with a stand-in for the Perry runtime, under the sanitizers."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import build_perry
from tests.support.library import SANITIZE, SANITIZER_ENVIRONMENT, compiler, library

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).parent / "c/fake_runtime.c"


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in, linked to the archive's sources; it finds the library of this checkout."""
    binary = tmp_path_factory.mktemp("archive") / "fake_runtime"
    sources = [PROGRAM, *build_perry.sources()]
    noted = f'-DPERRY_LIBRARY_PATH="{library()}"'
    command = [compiler(), *build_perry.FLAGS, *SANITIZE, "-g", "-Werror", noted, f"-I{ROOT / 'include'}"]
    command += [f"-I{build_perry.SOURCES}", *map(str, sources), "-o", str(binary), "-lpthread", "-ldl"]
    subprocess.run(command, check=True)
    return binary


def run(binary: Path, mode: str) -> list[str]:
    done = subprocess.run(
        [binary, mode],
        env={**os.environ, **SANITIZER_ENVIRONMENT},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_ten_thousand_promises_settle_once_on_the_javascript_thread(program: Path) -> None:
    assert run(program, "requests") == [
        "delivered 10000",
        "pending 0 fulfilled 5000 rejected 5000 first ValidationError",
    ]


def test_a_second_javascript_thread_gets_its_own(program: Path) -> None:
    assert run(program, "foreign") == ["pending 0 fulfilled 50 rejected 50 first ValidationError"]


def test_without_the_library_calls_reject(tmp_path: Path, program: Path) -> None:
    # Beside a copy of the program lies something else of the library's name.
    copy = tmp_path / "program"
    copy.write_bytes(program.read_bytes())
    copy.chmod(0o755)
    (tmp_path / "libperry_container.so").symlink_to("/lib/x86_64-linux-gnu/libc.so.6")
    assert run(copy, "missing") == ["delivered 3", "pending 0 fulfilled 0 rejected 3 first BackendNotAvailable"]
