"""The rows of ``docs/attributes.md``, and the live tests that hold the engines to them.

``python -m tests.support.attributes`` writes ``docs/attributes-tests.md`` anew, and ``docs/attributes-engines.md``; with ``--check``
it writes nothing, and exits with 1 where one of these is another.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.support import declared

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs/attributes.md"
APPENDIX = ROOT / "docs/attributes-tests.md"
KEPT = ("yes", "emulated", "partial")
"""The words of what an engine, or the library in its place, does at least in part: what a live test looks for."""
WORDS = (*KEPT, "warned", "refused", "–", "see")
_ENGINES = ("docker", "podman")
_HEADING = """# The tests of the attributes

Which live test looks for each attribute of [attributes.md](attributes.md), inside a container where it can be seen there.
Written by `make generate`; a test holds it, the table and the tests together.
"""


@dataclass(frozen=True)
class Row:
    """One attribute. ident: ``services.tmpfs.uid``. words: by engine, the first of its cell. cells: the whole of it."""

    ident: str
    words: dict[str, str]
    cells: dict[str, str]

    @property
    def kept(self) -> bool:
        return any(word in KEPT for word in self.words.values())


def rows(text: str | None = None) -> list[Row]:
    """The table's rows, one for each attribute that a row names. Raises ValueError for a cell that begins with no word."""
    found: list[Row] = []
    section, columns = "", 0
    for line in (TABLE.read_text() if text is None else text).splitlines():
        if line.startswith("## "):
            section, columns = line[3:].strip().lower(), 0
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("| ") else []
        if cells[:1] == ["attribute"]:
            columns = len(cells)
        elif cells and columns == len(cells) and not section.startswith("what differs"):
            said = [cells[1] if _word(cell) == "the" else cell for cell in cells[1:]]
            words = [_word(cell) for cell in said]
            by_engine = dict(zip(_ENGINES, words if len(words) > 1 else words * 2, strict=True))
            if wrong := [word for word in by_engine.values() if word not in WORDS]:
                raise ValueError(f"{cells[0]}: a cell begins with {wrong[0]!r}, which is no word of the table")
            whole = dict(zip(_ENGINES, said if len(said) > 1 else said * 2, strict=True))
            found += [Row(f"{section}.{name}", by_engine, whole) for name in names(cells[0])]
        elif not line.startswith("|"):
            columns = 0
    return found


def _word(cell: str) -> str:
    match = re.match(r"[–a-z]+", cell)
    return match[0] if match else cell


def names(cell: str) -> list[str]:
    """The attributes that a first cell names: ``a: b, c`` is a.b and a.c, and ``x.y, .z`` is x.y and x.z."""
    plain = re.sub(r"\([^)]*\)", "", cell.replace("`", "")).replace(".*", "")
    *above, last = [part.strip() for part in plain.split(": ")]
    found: list[str] = []
    for item in (item.strip() for item in last.split(",")):
        if item.startswith("."):
            base = found[0].rpartition(".")[0] if "." in found[0] else found[0]
            item = base + item
        found.append(item.rstrip())
    return [".".join([*above, item]) for item in found]


# -- the tests --------------------------------------------------------------------------------------


def live_modules() -> list[ModuleType]:
    files = sorted((ROOT / "tests/live").rglob("test_*.py"))
    return [importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts)) for file in files]


def holders() -> dict[str, list[str]]:
    """By attribute, the tests that name it: ``attributes/test_network.py::test_tcp_ports``."""
    found: dict[str, list[str]] = {}
    for module in live_modules():
        file = str(Path(module.__file__ or "").relative_to(ROOT / "tests/live"))
        for name, member in vars(module).items():
            if name.startswith("test_") and callable(member):
                for ident, case in _named(getattr(member, "pytestmark", [])):
                    found.setdefault(ident, []).append(f"{file}::{name}{case}")
    return found


def _named(marks: list[Any]) -> Iterator[tuple[str, str]]:
    """(attribute, case of the test) that the marks of a test and of its parameters say."""
    for mark in marks:
        if mark.name == "attribute":
            yield from ((ident, "") for ident in mark.args)
        elif mark.name == "parametrize":
            for parameters in mark.args[1]:
                for each in getattr(parameters, "marks", ()):
                    if each.name == "attribute":
                        case = f"[{parameters.id}]" if parameters.id else ""
                        yield from ((ident, case) for ident in each.args)


def appendix() -> str:
    """The text of ``docs/attributes-tests.md``."""
    held = holders()
    lines = [_HEADING, "| attribute | tests, below tests/live |", "|---|---|"]
    for row in rows():
        if tests := dict.fromkeys(held.get(row.ident, ())):
            lines.append(f"| {row.ident} | {', '.join(tests)} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    differing = 0
    for path, text in ((APPENDIX, appendix()), (declared.PAGE, declared.page())):
        if "--check" not in arguments:
            path.write_text(text)
        same = path.exists() and path.read_text() == text
        print(f"{path.relative_to(ROOT)}: {'current' if same else 'differs (make generate)'}", file=sys.stderr)
        differing += not same
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
