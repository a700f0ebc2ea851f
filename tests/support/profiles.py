"""Writes the strict seccomp profile where people and engines' command lines can read it: ``python -m tests.support.profiles [--check]``.

The library makes it of its groups of calls; what lies in docs/seccomp is what it says.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from perry_ffi.sandbox.seccomp import document

FOLDER = Path(__file__).resolve().parents[2] / "docs/seccomp"
NAMES = {"strict-x86_64.json": "SCMP_ARCH_X86_64", "strict-aarch64.json": "SCMP_ARCH_AARCH64"}


def texts() -> dict[Path, str]:
    """Each file and what it has to hold."""
    return {FOLDER / name: json.dumps(document(of), indent=1) + "\n" for name, of in NAMES.items()}


def main(arguments: list[str]) -> int:
    differing = [path for path, text in texts().items() if not path.exists() or path.read_text() != text]
    for path in differing:
        if "--check" in arguments:
            print(f"differs: {path}")
        else:
            path.write_text(texts()[path])
            print(f"wrote {path}")
    return 1 if differing and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
