"""Progress on a terminal: whatever comes, each picture fits, and nothing raises."""

from __future__ import annotations

import io
import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from perry_ffi.cli.screen import Screen
from perry_ffi.cli.show import live
from perry_ffi.cli.show.brush import Brush
from perry_ffi.cli.show.canvas import Canvas
from perry_ffi.cli.show.colours import ServiceColours
from perry_ffi.cli.show.frame import frame
from perry_ffi.cli.show.live import Live
from perry_ffi.cli.show.state import State
from perry_ffi.cli.terminal import painted_on, plain, say
from perry_ffi.runtime.event_bus import EventBus
from tests.unit.cli.show.records import up_of_shop

WORDS = st.text(max_size=12) | st.sampled_from(["db", "web", "db:1", "\x1b[2J", "a\nb", "\u202e", "数据库" * 9])
VALUES = st.none() | WORDS | st.integers() | st.floats(allow_nan=False) | st.lists(WORDS, max_size=3)
ACTIONS = st.sampled_from(["pull image", "build image", "create container", "start container", "wait", "remove network", "x", ""])
DETAIL = st.fixed_dictionaries(
    {},
    optional={
        "status": WORDS | st.sampled_from(["Downloading", "Pull complete", "Extracting"]), "id": VALUES, "current": VALUES,
        "total": VALUES, "text": WORDS | st.sampled_from(["Step 1/2 : FROM a\n", "[a 2/1] x"]),
    },
)  # fmt: skip
STEP = st.fixed_dictionaries({}, optional={
    "step": st.integers(0, 5), "action": ACTIONS, "target": WORDS, "service": WORDS, "condition": WORDS,
    "after": st.lists(st.integers(0, 5), max_size=3),
})  # fmt: skip
RECORDS = st.fixed_dictionaries(
    {"kind": st.sampled_from(["verb", "plan", "step", "wait", "progress", "rollback", "warning", "gap", "odd"])},
    optional={
        "time": st.floats(0, 1e10), "state": st.sampled_from(["started", "waiting", "done", "failed", "odd"]),
        "step": st.integers(0, 5), "action": ACTIONS, "target": WORDS, "service": WORDS, "condition": WORDS, "container": WORDS,
        "waitedBy": st.lists(WORDS, max_size=3), "operation": st.sampled_from(["pull", "build", "push"]), "detail": DETAIL | VALUES,
        "probe": st.none() | st.fixed_dictionaries({"failed": st.integers(0, 99), "retries": st.integers(0, 9)}, optional={"output": WORDS}),
        "log": WORDS, "error": st.none() | st.fixed_dictionaries({"message": WORDS}), "message": WORDS, "project": WORDS,
        "verb": WORDS, "cause": WORDS, "steps": st.lists(STEP, max_size=5), "seconds": st.floats(0, 1e6),
    },
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(RECORDS, max_size=25), st.integers(40, 130), st.integers(1, 30), st.booleans())
def test_any_records_make_pictures_that_fit(records: list[dict[str, Any]], columns: int, rows: int, colours: bool) -> None:
    state, brush = State(), Brush(ServiceColours(), colours)
    for beat, record in enumerate(records):
        state.add(record)
        lines = [brush.painted(line, columns)[0] for line in frame(state, 1e9, rows, beat)]
        assert len(lines) <= rows
        for line in lines:
            bare = re.sub(r"\x1b\[[0-9;]*m", "", line)
            assert cell_len(bare) <= columns and plain(bare) == bare and chr(10) not in bare, bare


class _Terminal(io.StringIO):
    encoding = "utf-8"


@pytest.mark.anyio
async def test_the_rows_are_replaced_by_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    bus = EventBus()
    painter = Live(Screen({"NO_COLOR": "1"}, "tty"))
    painter._brush = Brush(ServiceColours(), False)
    listener = bus.subscribe(closely=True)
    records = up_of_shop()
    for record in records[:10]:
        painter.heard(record)
    painter.paint(time.time())
    shown = terminal.getvalue()
    assert "\x1b[?25l" in shown and "waiting for health" in shown and "\x1b[3" not in shown
    for record in records[10:]:
        bus.tell(record["kind"], **{k: v for k, v in record.items() if k not in ("kind", "version", "seq", "time")})
    bus.end()
    await painter.follow(listener)
    left = terminal.getvalue()[len(shown) :]
    assert left.index("\x1b[?25h") < left.index("shop: 2 started in ")


def test_a_warning_ends_its_lines_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(Screen, "error_size", (40, 24))
    Live(Screen({}, "tty")).heard({"kind": "warning", "message": "there is no such image " * 4})
    shown = terminal.getvalue().splitlines()
    assert (
        len(shown) > 2
        and all(len(line) <= 40 for line in shown)
        and " ".join(" ".join(shown).split()).count("no such image") == 4
    )


def test_a_return_is_told_of_by_the_head_of_the_rows_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    painter = Live(Screen({}, "tty"))
    painter._loading = True
    painter.heard({"kind": "rollback", "state": "started", "cause": "NotFound"})
    assert terminal.getvalue() == "" and frame(painter._state, 1e9, 9) == []


@pytest.mark.anyio
async def test_the_cursor_comes_back_where_it_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        async def next(self) -> list[dict[str, Any]]:
            raise RuntimeError("cut short")

    terminal = _Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    painter = Live(Screen({}, "tty"))
    painter._brush = Brush(ServiceColours(), True)
    for record in up_of_shop()[:10]:
        painter.heard(record)
    painter.paint(time.time())
    with pytest.raises(RuntimeError):
        await painter.follow(Broken())  # type: ignore[arg-type]
    assert terminal.getvalue().rindex("\x1b[?25h") > terminal.getvalue().rindex("\x1b[?25l")


def test_what_others_write_stands_above(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    canvas = Canvas(terminal)
    with painted_on(canvas.clear):
        canvas.paint([("row", 3)], 80, 24)
        say("a word")
    assert terminal.getvalue().endswith("\x1b[1A\r\x1b[J\x1b[?25ha word\n")


def test_it_paints_at_most_ten_times_a_second() -> None:
    assert live.FRAME_SECONDS >= 0.1
