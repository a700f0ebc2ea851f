"""Lines of logs: cut from chunks, and told once although they are read again."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.model.container import LogOptions
from perry_ffi.stack.follow import Position
from perry_ffi.stack.logs import Lines, Record
from perry_ffi.stack.observed import Replica

ROW = Replica(id="i" * 64, name="p-a-2", service="a", number=2, status="running")
T1, T2, T3 = (f"2030-01-02T03:04:0{n}.123456789Z" for n in (5, 5, 6))
T2 = T2.replace("123", "456")


def texts(records: list[dict[str, Any]]) -> list[str]:
    return [record["text"] + ("…" if record.get("partial") else "") for record in records]


def test_a_record_tells_where_it_comes_from() -> None:
    assert Lines(ROW, "stderr").cut(f"{T1} one\n") == [
        {"service": "a", "container": "p-a-2", "replica": 2, "stream": "stderr", "text": "one", "time": T1}
    ]


@given(st.lists(st.text(st.characters(blacklist_characters="\n\r", blacklist_categories=["Cs"])), max_size=5), st.integers(1, 40))
def test_however_the_bytes_are_cut_the_lines_are_the_same(lines: list[str], size: int) -> None:
    whole = "".join(f"{T1} {line}\n" for line in lines)
    cutter = Lines(ROW, "stdout")
    # An engine's chunk begins with a time or in the middle of a line, never inside a time.
    pieces = [f"{T1} {line}\n" for line in lines]
    found = [record for piece in pieces for record in cutter.cut(piece[:40]) + (cutter.cut(piece[40:]) if piece[40:] else [])]
    assert texts(found + cutter.end()) == lines
    assert texts(Lines(ROW, "stdout").cut(whole)) == lines


def test_the_parts_of_a_long_line_have_one_time() -> None:
    cutter = Lines(ROW, "stdout")
    assert cutter.cut(f"{T1} long ") == []
    assert texts(cutter.cut(f"{T1} line\n{T2} next\n")) == ["long line", "next"]


def test_a_time_in_the_text_of_a_line_stays() -> None:
    cutter = Lines(ROW, "stdout")
    cutter.cut(f"{T1} be")
    assert texts(cutter.cut(f"gun {T2} text\n{T3} {T3} more\n")) == [f"begun {T2} text", f"{T3} more"]


def test_what_begins_afresh_does_not_go_on_with_an_unfinished_line() -> None:
    cutter = Lines(ROW, "stdout")
    cutter.cut(f"{SECOND} the end")
    assert texts(cutter.cut(f"{SECOND} the beginning\n", fresh=True)) == ["the end…", "the beginning"]


def test_another_time_after_an_unfinished_line_is_another_line() -> None:
    cutter = Lines(ROW, "stdout")
    cutter.cut(f"{T1} the end")
    assert texts(cutter.cut(f"{T2} the beginning\n")) == ["the end…", "the beginning"]


def test_the_last_line_without_a_newline_is_kept() -> None:
    cutter = Lines(ROW, "stdout")
    assert texts(cutter.cut(f"{T1} one\n{T1} two")) == ["one"]
    assert texts(cutter.end()) == ["two…"]
    assert cutter.end() == []


def record(text: str, time: str, partial: bool = False, stream: str = "stdout", pieces: Any = None) -> Record:
    found = Record({"stream": stream, "text": text, "time": time} | ({"partial": True} if partial else {}))
    found.pieces = pieces or ((time, text),)
    return found


def told(position: Position, *records: Record) -> list[str]:
    return texts([found for item in records if (found := position.fresh(item)) is not None])


def test_what_was_asked_for_counts_until_something_was_read() -> None:
    first = LogOptions(tail=3, timestamps=True)
    position = Position(first)
    assert position.reopen(None) == first
    again = position.reopen(1_700_000_000_500_000_000)
    assert (again.tail, again.since.ns) == (None, 1_700_000_000 * 10**9)


def test_the_second_that_is_read_again_is_told_once() -> None:
    position = Position(LogOptions())
    assert told(
        position, record("a", T1), record("b", T1), record("e", T1, stream="stderr"), record("c", T3), record("d", T3)
    ) == list("abecd")
    options = position.reopen(None)
    assert options.since is not None and options.since.ns % 10**9 == 0
    assert told(position, record("c", T3), record("d", T3), record("f", T3)) == ["f"]
    position.reopen(None)
    assert told(position, record("c", T3), record("d", T3), record("f", T3), record("g", T3)) == ["g"]


def test_an_unfinished_line_that_is_joined_with_the_next_run() -> None:
    """Neither the unfinished line twice, nor the next run's first line not at all, also where that is a second later."""
    position = Position(LogOptions())
    joined = record("end1", T1, pieces=((T1, "end"), (T3, "1")))
    assert told(position, record("a", T1), record("end", T1, partial=True)) == ["a", "end…"]
    position.reopen(None)
    assert told(position, record("a", T1), joined, record("2", T3)) == ["1", "2"]
    position.reopen(None)
    assert told(position, record("1", T3), record("2", T3), record("3", T3)) == ["3"]


@given(st.data())
def test_however_the_runs_are_joined_each_line_is_told_once(data: st.DataObject) -> None:
    """A second with several runs, read again and again, their unfinished ends joined with what follows or not."""
    runs = data.draw(st.lists(st.lists(st.text("ab1", min_size=1, max_size=3), min_size=1, max_size=4), min_size=1, max_size=5))
    position, found = Position(LogOptions()), ""
    for count in range(1, len(runs) + 1):
        position.reopen(None)
        cutter = Lines(ROW, "stdout")
        for run in runs[:count]:
            for line in run[:-1]:
                found += _said(position, cutter.cut(f"{SECOND} {line}\n"))
            found += _said(position, cutter.cut(f"{SECOND} {run[-1]}"))
            found += _said(position, cutter.end()) if data.draw(st.booleans()) else ""
        found += _said(position, cutter.end())
        assert found == "".join("\n".join(run) for run in runs[:count])


SECOND = "2030-01-02T03:04:05Z"


def _said(position: Position, records: list[Record]) -> str:
    fresh = [item for item in map(position.fresh, records) if item is not None]
    return "".join(item["text"] + ("" if item.get("partial") else "\n") for item in fresh)


def test_an_unfinished_line_that_stays_apart() -> None:
    position = Position(LogOptions())
    told(position, record("end", T1, partial=True))
    position.reopen(None)
    assert told(position, record("end", T1, partial=True), record("1", T2)) == ["1"]
