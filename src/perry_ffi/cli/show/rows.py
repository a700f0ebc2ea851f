"""Rows as a result: a table, JSON, or what a template makes of each.

A table is for a person: on a terminal it fits the width, for its columns give way in a fixed order, and no line wraps. In a pipe it is
whole. JSON and templates have the members that docker compose gives them; members of ours may follow.
"""

from __future__ import annotations

from perry_ffi.cli.terminal import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Row = Mapping[str, Any]

BETWEEN = "   "
TABLE, JSON = "table", "json"


class Column:
    """A column of a table.

    head: what stands above it. member: of the rows. gives: when it gives way on a narrow terminal, 1 first; 0 never. least: to how
    many characters it is shortened then; one that has none is left out.
    """

    __slots__ = ("gives", "head", "least", "member")

    def __init__(self, head: str, member: str, gives: int = 0, least: int = 0) -> None:
        self.head, self.member, self.gives, self.least = head, member, gives, least


class Form:
    """What ``--format`` says: nothing or ``table``, ``json``, a template, or ``table`` with a template of its lines.

    Raises ValidationError for a template that is none. array: JSON is one list; else it is an object a line. heads: what stands
    above members in a table that a template makes; of others it is their name in capitals. literal: a word that names no member
    is a template, too; else it is one of the forms, misspelt.
    """

    def __init__(
        self, said: str | None, *, array: bool = False, heads: Mapping[str, str] | None = None, literal: bool = True
    ) -> None:
        self._array, self._heads, self._template, self._head = array, heads or {}, None, None
        said = said or TABLE
        self.json, self.table = said == JSON, said == TABLE
        if self.json or self.table:
            return
        if not literal and "{{" not in said:
            from perry_ffi.errors import ValidationError

            forms = "table, json, or a template such as {{.Name}}"
            raise ValidationError(f"--format {said}: expected {forms}", path="format", expected=forms)
        from perry_ffi.cli.show.template import Template

        tabled = said.startswith("table ")
        text = (said.removeprefix("table ") if tabled else said).replace("\\t", "\t").replace("\\n", "\n")
        self._template = Template(text)
        if tabled:
            from perry_ffi.cli.show.template_functions import HEADS

            self._head = Template(text, HEADS)

    def text(
        self,
        rows: Sequence[Row],
        columns: Sequence[Column],
        width: int | None = None,
        shown: Sequence[Row] | None = None,
        known: Sequence[str] = (),
    ) -> str:
        """The rows. width: columns of the terminal, None without bound. shown: what the table has instead of ``rows``. known: the
        members that there are, for the heads of a table without rows.
        """
        if self.json:
            return self._as_json(rows)
        if self._template is None:
            return table(rows if shown is None else shown, columns, width)
        lines = [self._template.text({name: _plain(value) for name, value in row.items()}) for row in rows]
        if self._head is None:
            return "".join(f"{line}\n" for line in lines)
        members = dict.fromkeys([*(rows[0] if rows else ()), *known])
        head = {name: self._heads.get(name, name.upper()) for name in members}
        lines.insert(0, self._head.text({**head, **({"Label": _last_part} if "Label" in head else {})}))
        cells = [line.split("\t") for line in "\n".join(lines).split("\n")]
        return _aligned(cells, None)

    def _as_json(self, rows: Sequence[Row]) -> str:
        import json

        told = [{name: value for name, value in row.items() if not callable(value)} for row in rows]
        if self._array:
            return json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"
        return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in told)


def _last_part(name: str) -> str:
    return name.rpartition(".")[2].replace("-", " ").upper()


def _plain(value: Any) -> Any:
    return plain(value) if isinstance(value, str) else value


def table(rows: Sequence[Row], columns: Sequence[Column], width: int | None = None) -> str:
    """An aligned table, in no more than ``width`` characters a line."""
    lines = [[column.head for column in columns]]
    lines += [[_cell(row.get(column.member)) for column in columns] for row in rows]
    widths = [max(len_shown(line[place]) for line in lines) for place in range(len(columns))]
    return _aligned(lines, None if width is None else _fitted(widths, columns, width), width)


def _cell(value: Any) -> str:
    return "" if value is None else plain(str(value)).replace("\n", " ").replace("\t", " ")


def _fitted(widths: list[int], columns: Sequence[Column], width: int) -> list[int]:
    """How wide each column is so that a line fits, 0 of one that is left out."""
    fitted = list(widths)
    for place in sorted((i for i, column in enumerate(columns) if column.gives), key=lambda i: columns[i].gives):
        over = _whole(fitted) - width
        if over <= 0:
            break
        least = columns[place].least
        fitted[place] = max(min(fitted[place], least), fitted[place] - over) if least else 0
    return fitted


def _whole(widths: list[int]) -> int:
    kept = [width for width in widths if width]
    return sum(kept) + len(BETWEEN) * max(0, len(kept) - 1)


def _aligned(lines: list[list[str]], widths: list[int] | None, bound: int | None = None) -> str:
    count = max(map(len, lines), default=0)
    if widths is None:
        widths = [max((len_shown(line[i]) for line in lines if i < len(line)), default=0) for i in range(count)]
    shown = []
    for line in lines:
        cells = [_in(cell, width) for cell, width in zip(line, widths, strict=False) if width]
        shown.append(cut(BETWEEN.join(cells).rstrip(), bound))
    return "".join(f"{line}\n" for line in shown)


def _in(cell: str, width: int) -> str:
    cell = cut(cell, width)
    return cell + " " * (width - len_shown(cell))


def cut(text: str, width: int | None) -> str:
    """``text`` in so many cells of a terminal, its last one saying that more follows."""
    if width is None or len_shown(text) <= width:
        return text
    kept, left = "", width - 1
    for char in text:
        left -= len_shown(char)
        if left < 0:
            break
        kept += char
    return kept + "…"


def len_shown(text: str) -> int:
    """How many cells of a terminal ``text`` takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)
