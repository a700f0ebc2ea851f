"""The tools of the build that are Python packages, pinned like what is linked: zig, cffi, Cython, maturin, auditwheel."""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.static.places import LOCK, Part, digest, quietly


def requirements(kind: str, *names: str) -> str:
    """Rows of the lock as pip takes them."""
    rows = {name: row for name, row in LOCK[kind].items() if not names or name in names}
    return "".join(
        f"{name}=={row['version']} {' '.join(f'--hash=sha256:{sha256}' for sha256 in row['sha256'])}\n"
        for name, row in rows.items()
    )


def _fill(folder: Path) -> None:
    quietly([sys.executable, "-m", "venv", str(folder)])
    wanted = folder / "requirements.txt"
    wanted.write_text(requirements("tools"))
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--no-compile"]
    quietly([*pip, "--only-binary", ":all:", "--requirement", str(wanted)])


def tools() -> Part:
    """A virtual environment with the tools. Its programs name the folder that it was made in: run modules by its Python."""
    return Part("tools", _fill, (digest(requirements("tools")), sys.version))


def python() -> Path:
    return tools().folder() / "bin/python"
