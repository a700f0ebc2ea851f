"""The folder of the locks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from perry_ffi.runtime.lock import lock_folder


def test_the_folder_of_the_locks_is_one_with_and_without_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perry_ffi.runtime.lock_file.RUNTIME_DIRS", str(tmp_path))
    assert lock_folder(None) == Path(f"/tmp/perry-container-{os.getuid()}")
    own = tmp_path / str(os.getuid())
    own.mkdir()
    assert lock_folder(own) == lock_folder(None) == own / "perry-container"
    assert lock_folder(tmp_path) == tmp_path / "perry-container"
