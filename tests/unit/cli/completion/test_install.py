"""Where the scripts go on ``--install``."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.cli.completion import script
from perry_ffi.cli.completion.install import advice, install, place
from perry_ffi.errors import NotFound, ValidationError


@pytest.mark.parametrize(
    ("shell", "env", "wanted"),
    [
        ("bash", {}, "/h/.local/share/bash-completion/completions/perry-compose"),
        ("bash", {"XDG_DATA_HOME": "/d"}, "/d/bash-completion/completions/perry-compose"),
        ("bash", {"BASH_COMPLETION_USER_DIR": "/b"}, "/b/completions/perry-compose"),
        ("bash", {"BASH_COMPLETION_USER_DIR": "/b:/c"}, "/b/completions/perry-compose"),
        ("zsh", {}, "/h/.local/share/zsh/site-functions/_perry-compose"),
        ("fish", {}, "/h/.config/fish/completions/perry-compose.fish"),
        ("fish", {"XDG_CONFIG_HOME": "/c"}, "/c/fish/completions/perry-compose.fish"),
    ],
)
def test_the_users_own_folder_of_each_shell(shell: str, env: dict[str, str], wanted: str) -> None:
    assert place(shell, {"HOME": "/h", **env}) == wanted


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_it_is_written_over_an_older_one(shell: str, tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path)}
    path = Path(install(shell, env))
    path.write_text("old")
    assert install(shell, env) == str(path) and path.read_text() == script(shell)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_without_a_home() -> None:
    with pytest.raises(NotFound, match="HOME is not set"):
        place("bash", {})


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / ".local").write_text("")
    with pytest.raises(ValidationError, match=r"perry-compose: cannot be written: "):
        install("bash", {"HOME": str(tmp_path)})


def test_zsh_needs_a_line_of_its_own() -> None:
    assert "fpath=(/d/zsh/site-functions $fpath)" in advice("zsh", "/d/zsh/site-functions/_perry-compose")
