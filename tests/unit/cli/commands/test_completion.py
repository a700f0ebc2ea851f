"""``perry-compose completion``: printed, or put where the shell finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.cli.completion import SHELLS, script
from perry_ffi.cli.main import main


@pytest.mark.parametrize("shell", SHELLS)
def test_it_is_printed(capfdbinary: pytest.CaptureFixture[bytes], shell: str) -> None:
    assert main(["completion", shell]) == 0
    assert capfdbinary.readouterr() == (script(shell).encode(), b"")


def test_an_unknown_shell(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "expected bash, zsh or fish" in capfd.readouterr().err


def test_it_is_installed(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The file goes to standard output, what is left to do to standard error; --dry-run writes nothing."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "BASH_COMPLETION_USER_DIR"):
        monkeypatch.delenv(variable, raising=False)
    path = tmp_path / ".config/fish/completions/perry-compose.fish"
    assert main(["--dry-run", "completion", "fish", "--install"]) == 0
    assert capfd.readouterr() == ("", f"it would be written to {path}\n") and not path.exists()
    assert main(["completion", "fish", "--install"]) == 0
    said = capfd.readouterr()
    assert said.out == f"{path}\n" and "finds it" in said.err and path.read_text() == script("fish")
