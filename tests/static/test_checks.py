"""What the build says of the shared object that it made, and that it would say it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts.static.tools import python
from tests.support import library as lib


def findings(library: Path) -> str:
    done = subprocess.run(
        [str(python()), "-B", "-m", "scripts.static.checks", str(library)], cwd=lib.ROOT, capture_output=True, text=True
    )
    assert done.returncode == bool(done.stderr), done
    return done.stderr


@pytest.mark.abi
def test_the_static_form_needs_glibc_alone(static_library: Path) -> None:
    assert findings(static_library) == ""


@pytest.mark.abi
def test_it_is_one_file_of_bearable_size(static_library: Path) -> None:
    assert 10e6 < static_library.stat().st_size < 45e6


@pytest.mark.abi
def test_the_form_on_disk_does_not_pass(static_library: Path) -> None:
    """It needs libpython, and a newer glibc; its exports are the same."""
    said = findings(lib.ROOT / "build" / lib.NAME)
    assert "needs libpython3" in said
    assert "auditwheel does not say" in said
    assert "export" not in said


@pytest.mark.abi
def test_what_is_offered_too_much_and_too_little_is_told(static_library: Path, tmp_path: Path) -> None:
    source = tmp_path / "other.c"
    lines = ("int js_container_run(void) { return 1; }", "int Py_Initialize(void) { return 1; }")
    source.write_text("\n".join((*lines, "extern int nobody(void);", "int asks(void) { return nobody(); }")))
    made = tmp_path / lib.NAME
    subprocess.run([lib.compiler(), "-shared", "-fPIC", str(source), "-o", str(made)], check=True)
    said = findings(made)
    assert "exports Py_Initialize, which is not in the list" in said
    assert "does not export js_container_stop" in said
    assert "nobody is undefined" in said
    assert "js_container_run" not in said
