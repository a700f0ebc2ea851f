"""A picture of the work for a terminal of a size: folded, never higher than that."""

from __future__ import annotations

from perry_ffi.cli.show.frame import Line, frame
from perry_ffi.cli.show.state import State
from tests.unit.cli.show.records import Records, up_of_shop


def text(line: Line) -> str:
    return "".join(piece for piece, _ in line.pieces) + (f" [{line.right}]" if line.right else "")


def many(done: int, busy: int) -> State:
    state, some = State(), Records()
    for number in range(done):
        for told in ("started", "done"):
            state.add(some.step(told, "start container", f"s{number}", f"done{number}", number))
    for number in range(busy):
        state.add(some.step("started", "start container", f"b{number}", f"busy{number}", 100 + number))
    return state


def test_the_rows_below_a_head() -> None:
    state = State()
    for record in up_of_shop()[:10]:
        state.add(record)
    lines = [text(line) for line in frame(state, state.began + 5.0, 20)]
    assert lines[0] == "shop: up, 0 of 2 done [5.0 s]"
    assert "db " in lines[1] and "waiting for health" in lines[1]
    assert lines[2].endswith("│ recovering") and "waits for db to be healthy" in lines[3]


def test_what_is_done_is_folded_first() -> None:
    lines = [text(line) for line in frame(many(12, 2), 2000.0, 6)]
    assert len(lines) == 6 and lines[-1] == "   … 10 more, all done"
    assert sum("busy" in line for line in lines) == 2


def test_what_does_not_fit_is_told_as_what_it_is() -> None:
    lines = [text(line) for line in frame(many(2, 9), 2000.0, 5)]
    assert lines[-1] == "   … 8 more, 6 at work"


def test_nothing_is_painted_where_nothing_goes_on() -> None:
    assert frame(State(), 1.0, 10) == [] and frame(many(1, 1), 1.0, 0) == []
    assert len(frame(many(3, 3), 1.0, 1)) == 1


def test_it_says_that_it_is_put_back() -> None:
    state, some = many(1, 1), Records()
    state.add(some.record("rollback", state="started", cause="x"))
    assert "putting back" in text(frame(state, 2000.0, 9)[0])
