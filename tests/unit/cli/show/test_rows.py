"""Rows: tables that fit, JSON, templates."""

from __future__ import annotations

import json
from typing import Any

import pytest

from perry_ffi.cli.show.rows import Column, Form, cut, len_shown, table
from perry_ffi.errors import ValidationError

COLUMNS = (Column("NAME", "Name"), Column("IMAGE", "Image", gives=2, least=8), Column("COMMAND", "Command", gives=1))
ROWS: list[dict[str, Any]] = [
    {"Name": "shop-web-1", "Image": "registry.example/app:1", "Command": "serve"},
    {"Name": "shop-db-1", "Image": "db", "Command": "run it for long"},
]


def test_a_table_is_aligned_and_whole_where_nothing_bounds_it() -> None:
    assert table(ROWS, COLUMNS) == (
        "NAME         IMAGE                    COMMAND\n"
        "shop-web-1   registry.example/app:1   serve\n"
        "shop-db-1    db                       run it for long\n"
    )


@pytest.mark.parametrize("width", range(40, 60))
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, table(ROWS, COLUMNS, width).splitlines())) <= width


def test_columns_give_way_in_their_order() -> None:
    first = table(ROWS, COLUMNS, 40).splitlines()
    assert first[0] == "NAME         IMAGE" and first[1].endswith("registry.example/app:1")
    second = table(ROWS, COLUMNS, 24).splitlines()
    assert second[1] == "shop-web-1   registry.e…"
    assert table(ROWS, COLUMNS, 12).splitlines()[1] == "shop-web-1 …"


def test_wide_characters_take_two_cells() -> None:
    assert len_shown("日本a") == 5 and cut("日本語", 4) == "日…"
    assert table([{"Name": "日本"}, {"Name": "abc"}], (Column("N", "Name"), Column("X", "Name"))).splitlines()[1:] == [
        "日本   日本",
        "abc    abc",
    ]


def test_nothing_of_a_row_moves_a_cursor() -> None:
    row = {"Name": "a\x1b[2Jb\nc"}
    assert "\x1b" not in table([row], COLUMNS[:1]) and len(table([row], COLUMNS[:1]).splitlines()) == 2
    assert "\x1b" not in Form("{{.Name}}").text([row], COLUMNS)


def test_json_is_an_object_a_line_or_one_list() -> None:
    assert [json.loads(line) for line in Form("json").text(ROWS, COLUMNS).splitlines()] == ROWS
    assert json.loads(Form("json", array=True).text(ROWS, COLUMNS)) == ROWS
    assert Form("json", array=True).text([], COLUMNS) == "[]\n" and Form("json").text([], COLUMNS) == ""


def test_a_template_makes_a_line_of_each() -> None:
    assert Form(r"{{.Name}}\t{{upper .Image}}").text(ROWS[1:], COLUMNS) == "shop-db-1\tDB\n"
    assert json.loads(Form("{{json .}}").text(ROWS[:1], COLUMNS)) == ROWS[0]


def test_a_table_of_a_template_has_heads() -> None:
    rows = [{**row, "Label": lambda name: name.upper()} for row in ROWS]
    form = Form(r'table {{.Name}}\t{{upper .Command}}\t{{.Label "a.b-c"}}', heads={"Command": "WHAT"})
    assert form.text(rows, COLUMNS) == (
        "NAME         WHAT              B C\nshop-web-1   SERVE             A.B-C\nshop-db-1    RUN IT FOR LONG   A.B-C\n"
    )
    assert Form("table {{.Name}}").text([], COLUMNS, known=("Name",)) == "NAME\n"


def test_a_word_that_is_no_form_is_a_template_only_where_docker_compose_has_it_so() -> None:
    assert Form("yaml").text(ROWS[:1], COLUMNS) == "yaml\n"
    with pytest.raises(ValidationError, match="yaml: expected table, json"):
        Form("yaml", literal=False)


def test_what_is_no_template_is_refused_at_once() -> None:
    with pytest.raises(ValidationError, match="without }}"):
        Form("{{.Name")
    with pytest.raises(ValidationError, match="no member .Nope .there are Name, Image, Command"):
        Form("{{.Nope}}").text(ROWS, COLUMNS)
