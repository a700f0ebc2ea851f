"""The file of tables: what is written is read, and what is wrong is never used."""

from __future__ import annotations

import pytest

from perry_ffi.interpreter import tables
from perry_ffi.interpreter.tables import Tables, read, written

CODE = compile("x = 1", "<string>", "exec")
RESULTS = {
    ("exec", "x = 1", 0): CODE,
    ("eval", "x", 0): compile("x", "<string>", "eval"),
    ("pattern", "a+", 0): (32, [1, 2, 3], 0, {}, (None,)),
    ("pattern", b"a+", 0): (0, [4, 5], 1, {"name": 1}, (None, "name")),
    ("pattern", "a+", 2): (34, [1], 0, {}, (None,)),
}


def test_what_is_written_is_read() -> None:
    found = read(written(RESULTS))
    assert found is not None
    assert found.code("exec", "x = 1") == CODE
    assert found.code("eval", "x") == RESULTS["eval", "x", 0]
    assert [found.pattern("a+", 0), found.pattern(b"a+", 0), found.pattern("a+", 2)] == list(RESULTS.values())[2:]


def test_what_is_not_there_is_missed() -> None:
    found, missed = read(written(RESULTS)), []
    assert found is not None
    found.missed = missed.append
    asked = [found.code("eval", "x = 1"), found.code("exec", "x = 2"), found.pattern("a+", 4), found.pattern(b"b", 0)]
    assert asked == [None] * 4
    assert missed == [("eval", "x = 1", 0), ("exec", "x = 2", 0), ("pattern", "a+", 4), ("pattern", b"b", 0)]


def test_only_texts_are_looked_for() -> None:
    class Text(str):
        pass

    found = read(written(RESULTS))
    assert found is not None
    found.missed = pytest.fail
    assert [found.code("exec", b"x = 1"), found.code("exec", CODE), found.code("exec", Text("x = 1"))] == [None] * 3
    assert found.pattern(Text("a+"), 0) is None


def test_a_text_with_the_check_sum_of_another_is_not_taken_for_it() -> None:
    found = read(written(RESULTS))
    assert found is not None
    there = found._places[tables._named(("exec", "x = 1", 0))]
    mixed = Tables({tables._named(("exec", "y = 1", 0)): there}, found._data)
    assert mixed.code("exec", "y = 1") is None


def test_the_same_results_give_the_same_file() -> None:
    assert written(RESULTS) == written(dict(reversed(RESULTS.items())))


@pytest.mark.parametrize("name", ["hexversion", "flags"])
def test_tables_of_another_python_are_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = written(RESULTS)

    class Other:
        hexversion, flags, implementation = tables.sys.hexversion, tables.sys.flags, tables.sys.implementation

    setattr(Other, name, {"hexversion": 0x030B00F0, "flags": type("", (), {"optimize": 2})}[name])
    monkeypatch.setattr(tables, "sys", Other)
    assert read(theirs) is None
    assert read(written(RESULTS)) is not None


def test_no_damage_gives_anything_wrong() -> None:
    whole = written(RESULTS)
    for place in range(len(whole)):
        for damaged in (whole[:place], whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]):
            found = read(damaged)
            if found is not None:
                assert found.code("exec", "x = 1") in (None, CODE)
                assert found.code("eval", "x") in (None, RESULTS["eval", "x", 0])
                assert found.pattern("a+", 0) in (None, RESULTS["pattern", "a+", 0])


@pytest.mark.parametrize("data", [b"", b"\n", b"tables", bytes(100), b"\xff" * 1000])
def test_another_file_is_none(data: bytes) -> None:
    assert read(data) is None


def test_what_was_given_back_is_missed() -> None:
    made = ("eval", "1 + 1", 0)
    tables = read(written({made: 2}))
    assert tables is not None and tables.code("eval", "1 + 1") == 2
    tables.give_back()
    assert tables.code("eval", "1 + 1") is None
