from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.machines import places
from perry_ffi.doctor import find as module
from perry_ffi.doctor.find import find
from perry_ffi.settings import Settings
from tests.support.doctoring import program


def settings(home: Path, platform: str) -> Settings:
    return Settings.from_environ({"HOME": str(home), "PATH": str(home / "bin")}, platform=platform)


def test_a_program_on_the_search_path(tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "dockerd", "exit 0")
    assert find(settings(tmp_path, "linux"), "dockerd") == str(path)
    assert find(settings(tmp_path, "linux"), "nothing-like-it") is None


def test_a_product_s_own_folder(tmp_path: Path) -> None:
    path = program(tmp_path / ".rd/bin", "rdctl", "exit 0")
    assert find(settings(tmp_path, "linux"), "rdctl") == str(path)


@pytest.mark.parametrize("name", ["brew", "colima"])
def test_a_mac_s_usual_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    path = program(tmp_path / "homebrew", name, "exit 0")
    for one in (module, places):
        monkeypatch.setattr(one, "USUAL_FOLDERS", (str(tmp_path / "homebrew"),))
    assert find(settings(tmp_path, "darwin"), name) == str(path)
    assert find(settings(tmp_path, "linux"), name) is None
