"""The file of a lock."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from perry_ffi.errors import BackendError
from perry_ffi.runtime import lock_file

ENGINE = "docker unix:///run/docker.sock"


def test_one_has_it_until_its_file_is_closed(tmp_path: Path) -> None:
    folder = str(tmp_path / "below" / "locks")
    first, second = (lock_file.opened(folder, ENGINE, "shop", "project") for _ in range(2))
    other = lock_file.opened(folder, "another engine", "shop", "project")
    assert lock_file.taken(first) and not lock_file.taken(second) and lock_file.taken(other)
    os.close(first)
    assert lock_file.taken(second)
    os.close(second)
    os.close(other)


def test_names_that_are_no_files_have_files_of_their_own(tmp_path: Path) -> None:
    for name in ("shop", "sh/op", "sh?op", "x" * 500):
        os.close(lock_file.opened(str(tmp_path), ENGINE, name, "project"))
    assert len(list(tmp_path.iterdir())) == 4


def test_a_folder_of_others_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "locks"
    own.mkdir()
    own.chmod(0o777)
    with pytest.raises(BackendError, match="belongs to somebody else"):
        lock_file.opened(str(own), ENGINE, "shop", "project")
