"""The same sources make the same bytes: the last steps are gone twice here, in two folders; the parts before them are kept by hash."""

from __future__ import annotations

import filecmp
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.static import joined
from tests.support import library as lib

pytestmark = pytest.mark.abi


def linked(folder: Path) -> list[Path]:
    """The shared object, and the same as one object."""
    made = [folder / lib.NAME, folder / joined.NAME]
    command = [sys.executable, "-m", "scripts.static", "--output", str(made[0]), "--joined", str(made[1])]
    done = subprocess.run([*command, "--objects", str(folder / "objects")], cwd=lib.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return made


def test_the_same_bytes_come_out_twice(static_library: Path, tmp_path: Path) -> None:
    for first, second in zip(linked(tmp_path / "one"), linked(tmp_path / "another folder, longer"), strict=True):
        assert filecmp.cmp(first, second, shallow=False)
