"""``python -m scripts.reference [--check]``: writes the parts of docs/cli.md and of the README that follow from the table of commands.

``--check`` writes nothing, and ends with 1 where it would write something else than is there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.reference import markdown

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (ROOT / "docs/cli.md", ROOT / "README.md")


def main(arguments: list[str]) -> int:
    status = 0
    for path in DOCUMENTS:
        text = path.read_text()
        made = markdown.document(text)
        if made == text:
            continue
        if "--check" in arguments:
            print(f"differs: {path.relative_to(ROOT)}; make generate writes it")
            status = 1
        else:
            path.write_text(made)
            print(f"wrote {path.relative_to(ROOT)}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
