"""Interpreters of the library's own: processes that import it as the shared object does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SITE = ROOT / "build/site"


def run(code: str, *arguments: str, packages: Path = ROOT / "src") -> str:
    """What a new Python with these packages prints; it must end well and say nothing else. Others are those of ``make build``."""
    begin = f"import sys; sys.path[:0] = [{str(packages)!r}, {str(SITE)!r}]\n"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", begin + code, *arguments], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[-3000:]
    return done.stdout
