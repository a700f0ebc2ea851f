"""Profiles as files."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest

from perry_ffi.backends.engine_api.sandboxes.profile_file import profile_file
from perry_ffi.errors import BackendError
from perry_ffi.settings import Settings

TEXT = '{"defaultAction":"SCMP_ACT_ERRNO"}'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(runtime_dir=tmp_path)


def test_it_is_written_once_by_its_digest(settings: Settings) -> None:
    path = profile_file(TEXT, settings)
    assert path.name == hashlib.sha256(TEXT.encode()).hexdigest() + ".json" and path.read_text() == TEXT
    assert stat.S_IMODE(path.stat().st_mode) == 0o644 and stat.S_IMODE(path.parent.stat().st_mode) & 0o022 == 0
    before = path.stat().st_ino
    assert profile_file(TEXT, settings) == path and path.stat().st_ino == before
    assert os.listdir(path.parent) == [path.name]


def test_one_that_somebody_changed_is_written_anew(settings: Settings) -> None:
    path = profile_file(TEXT, settings)
    for spoil in (lambda: path.write_text(TEXT + " "), lambda: path.write_text(""), lambda: _link(path)):
        spoil()
        assert profile_file(TEXT, settings).read_text() == TEXT and not path.is_symlink()


def _link(path: Path) -> None:
    other = path.with_name("other")
    other.write_text(TEXT)
    path.unlink()
    path.symlink_to(other)


def test_a_folder_that_others_can_write_is_none(settings: Settings) -> None:
    folder = profile_file(TEXT, settings).parent
    folder.chmod(0o777)
    with pytest.raises(BackendError, match="only this user"):
        profile_file(TEXT, settings)
