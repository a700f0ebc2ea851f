"""Where each shell looks for a user's own completions, for systems on which it does not look beside the program."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from perry_ffi.cli.completion import script
from perry_ffi.errors import NotFound, ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping


def place(shell: str, env: Mapping[str, str]) -> str:
    """The file that the shell reads. Raises NotFound without a home."""
    data = env.get("XDG_DATA_HOME") or os.path.join(_home(env), ".local/share")
    if shell == "bash":
        folder = env.get("BASH_COMPLETION_USER_DIR", "").split(":")[0] or os.path.join(data, "bash-completion")
        return os.path.join(folder, "completions/perry-compose")
    if shell == "zsh":
        return os.path.join(data, "zsh/site-functions/_perry-compose")
    config = env.get("XDG_CONFIG_HOME") or os.path.join(_home(env), ".config")
    return os.path.join(config, "fish/completions/perry-compose.fish")


def install(shell: str, env: Mapping[str, str]) -> str:
    """Writes the script, whole or not at all; the file. Raises ContainerError."""
    path = place(shell, env)
    new = f"{path}.{os.getpid()}.new"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(new, "w", encoding="utf-8") as file:
            file.write(script(shell))
        os.replace(new, path)
    except OSError as error:
        raise ValidationError(f"{path}: cannot be written: {error.strerror}", file=path) from None
    return path


def advice(shell: str, path: str) -> str:
    """What is left to do by hand."""
    if shell == "bash":
        return "bash-completion finds it in new shells; without that package: source the file in ~/.bashrc"
    if shell == "zsh":
        return f"put this into ~/.zshrc, before compinit is called: fpath=({os.path.dirname(path)} $fpath)"
    return "fish finds it at once"


def _home(env: Mapping[str, str]) -> str:
    home = env.get("HOME")
    if not home:
        raise NotFound("HOME is not set: there is no folder of your own to write to")
    return home
