"""The rows of ``docs/attributes.md``, and the live tests that hold the engines to them.

``python -m tests.support.attributes`` writes ``docs/attributes-tests.md`` anew, ``docs/attributes-engines.md``, the columns of the
table that follow from rules (``columns``), and the tables of ``docs/cluster.md`` (``cluster_page``); with ``--check`` it writes
nothing, and exits with 1 where one of these is another.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from tests.support import cluster_page, columns, declared

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs/attributes.md"
APPENDIX = ROOT / "docs/attributes-tests.md"
KEPT = ("yes", "emulated", "partial")
"""The words of what an engine, or the library in its place, does at least in part: what a live test looks for."""
WORDS = (*KEPT, "warned", "refused", "–", "see")
TRIED = ("docker", "podman")
"""The engines that live tests look for attributes on; what is known of the others, their rules say."""
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
        return any(self.words[engine] in KEPT for engine in TRIED)


def rows(text: str | None = None) -> list[Row]:
    """The table's rows, one for each attribute that a row names. Raises ValueError for a cell that begins with no word."""
    found: list[Row] = []
    for line in _lines(TABLE.read_text() if text is None else text):
        if line.cells and not line.is_head:
            whole = line.by_engine()
            words = {engine: _word(cell) for engine, cell in whole.items()}
            if wrong := [word for word in words.values() if word not in WORDS]:
                raise ValueError(f"{line.cells[0]}: a cell begins with {wrong[0]!r}, which is no word of the table")
            found += [Row(ident, words, whole) for ident in line.idents]
    return found


class _Line(NamedTuple):
    """A line of the page. cells: of a table of attributes, else none. head: the first cells of its columns."""

    text: str
    section: str = ""
    cells: tuple[str, ...] = ()
    head: tuple[str, ...] = ()

    @property
    def is_head(self) -> bool:
        return self.cells == self.head

    @property
    def idents(self) -> list[str]:
        return [f"{self.section}.{name}" for name in names(self.cells[0])]

    def by_engine(self) -> dict[str, str]:
        """What is said of each; a column may be of two."""
        said = [self.cells[1] if _word(cell) == "the" else cell for cell in self.cells[1:]]
        return {engine: cell for title, cell in zip(self.head[1:], said, strict=True) for engine in title.split(" and ")}


def _lines(text: str) -> Iterator[_Line]:
    section, head = "", ()
    for line in text.splitlines():
        if line.startswith("## "):
            section = line[3:].strip().lower()
        cells = tuple(cell.strip() for cell in line.strip("|").split("|")) if line.startswith("|") else ()
        if cells[:1] == ("attribute",):
            head = cells
        elif not cells:
            head = ()
        yield _Line(line, section, cells if len(cells) == len(head) and set(cells) != {"---"} else (), head)


def with_columns(text: str) -> str:
    """The page, the columns of what is written from rules made anew."""
    lines = []
    for line in _lines(text):
        kept = len([title for title in line.head if title not in columns.WRITTEN])
        if line.is_head and line.cells:
            lines.append(_row([*line.cells[:kept], *columns.WRITTEN]))
        elif line.cells:
            own = _Line("", line.section, line.cells[:kept], line.head[:kept])
            said = {engine: _word(cell) for engine, cell in own.by_engine().items()}
            calls = names(line.cells[0])
            more = [columns.cell(own.idents, calls, said, engine) for engine in columns.WRITTEN]
            lines.append(_row([*own.cells, *more]))
        elif line.head:
            lines.append("|---" * (kept + len(columns.WRITTEN)) + "|")
        else:
            lines.append(line.text)
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


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
    written = {
        TABLE: with_columns(TABLE.read_text()), APPENDIX: appendix(), declared.PAGE: declared.page(),
        cluster_page.PAGE: cluster_page.page(cluster_page.PAGE.read_text()),
    }  # fmt: skip
    for path, text in written.items():
        if "--check" not in arguments:
            path.write_text(text)
        same = path.exists() and path.read_text() == text
        print(f"{path.relative_to(ROOT)}: {'current' if same else 'differs (make generate)'}", file=sys.stderr)
        differing += not same
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
