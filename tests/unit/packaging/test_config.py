"""Where ``perry_ffi.config`` finds the library, and what it prints."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from perry_ffi import __version__, config

LAYOUTS = {
    "installed": ("site-packages/perry_ffi", "site-packages/perry_ffi/lib", "site-packages/perry_ffi/include"),
    "checkout": ("src/perry_ffi", "build", "build/include"),
    "build folder": ("moved/site/perry_ffi", "moved", "moved/include"),
}


def lay_out(root: Path, layout: str) -> tuple[Path, Path, Path]:
    package, folder, include = (root / name for name in LAYOUTS[layout])
    package.mkdir(parents=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / config.LIBRARY).touch()
    return package, folder, include


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_library_is_found_in_every_layout(tmp_path: Path, layout: str) -> None:
    package, folder, include = lay_out(tmp_path, layout)
    found = config.places(package)
    assert found == (folder / config.LIBRARY, include, folder / "pkgconfig")


def test_a_library_that_was_not_built_is_said_to_be_missing_with_the_places(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make build or pip install") as caught:
        config.places(tmp_path / "src/perry_ffi")
    assert str(tmp_path / "build" / config.LIBRARY) in str(caught.value)


def test_the_answers_are_words_that_a_shell_reads_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package, folder, include = lay_out(tmp_path / "with space", "installed")
    monkeypatch.setattr(config, "__file__", str(package / "config.py"))
    assert config.main(["--cflags", "--libs", "--version"]) == 0
    printed = shlex.split(capsys.readouterr().out)
    assert printed == [f"-I{include}", f"-L{folder}", f"-Wl,-rpath,{folder}", "-lperry_container", __version__]


def test_without_a_library_the_command_fails_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(config, "__file__", str(tmp_path / "a/b/perry_ffi/config.py"))
    assert config.main(["--libs"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "is not there" in printed.err


def test_a_command_without_flags_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        config.main([])
    assert caught.value.code == 2
    assert "--cflags" in capsys.readouterr().err
