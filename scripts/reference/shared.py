"""What is installed below ``share``: completions where each shell looks for them, manual pages."""

from __future__ import annotations

from pathlib import Path

from perry_ffi.cli.completion import script
from scripts.reference import manual

COMPLETION = {
    "bash": "bash-completion/completions/perry-compose",
    "zsh": "zsh/site-functions/_perry-compose",
    "fish": "fish/vendor_completions.d/perry-compose.fish",
}


def files() -> dict[str, str]:
    """The text of each file, by its path below ``share``."""
    made = {path: script(shell) for shell, path in COMPLETION.items()}
    return {**made, **{f"man/man1/{name}": text for name, text in manual.pages().items()}}


def write(folder: Path) -> list[Path]:
    """Writes all of them below ``folder``."""
    written = []
    for name, text in files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        written.append(path)
    return written
