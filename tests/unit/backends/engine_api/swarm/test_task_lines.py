"""Lines of a service's log, by task."""

from __future__ import annotations

import pytest

from perry_ffi.backends.contract.service_records import TaskLog
from perry_ffi.backends.engine_api.swarm.task_lines import LONGEST, Messages, TaskLines, reason_of
from perry_ffi.errors import BackendError
from tests.unit.backends.engine_api.swarm.recorded import API, LOG, NODE

AT = "2026-11-27T17:03:28.406581547Z"


def frame(text: bytes, stream: int = 1, task: str = "t", time: str = AT, more: str = "") -> bytes:
    data = (
        f"{time} {more}com.docker.swarm.node.id=n,com.docker.swarm.service.id=s,com.docker.swarm.task.id={task} ".encode() + text
    )
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


def read(data: bytes, piece: int = 0, until: str = "", *, terminal: bool = False) -> list[TaskLog]:
    messages, lines = Messages("read", "swarm", terminal=terminal), TaskLines("s", until)
    pieces = [data[i : i + piece] for i in range(0, len(data), piece)] if piece else [data]
    told = [message for part in pieces for message in messages.feed(part)] + messages.rest()
    return [record for message in told if (record := lines.read(message)) is not None]


@pytest.mark.parametrize("piece", [0, 1, 7, 64])
def test_what_was_recorded_however_it_comes(piece: int) -> None:
    found = read(LOG, piece)
    assert len(found) == 10 and {record.node for record in found} == {NODE} and {record.service for record in found} == {API}
    assert len({record.task for record in found}) == 2
    assert (found[0].stream, found[0].text, found[0].time) == ("stdout", "hello {{x}}\n", AT)
    assert found[1].text == "{{.Node}}\n" and [record.stream for record in found].count("stderr") == 2


def test_a_character_that_is_cut_between_two_parts_of_a_line() -> None:
    found = read(frame(b"a\xc3") + frame(b"err\n", 2) + frame(b"b\xc3", task="u") + frame(b"\xa9\n") + frame(b"\n", task="u"))
    assert [(record.task, record.text) for record in found] == [
        ("t", "a"), ("t", "err\n"), ("u", "b"), ("t", "é\n"), ("u", "�\n"),
    ]  # fmt: skip


def test_a_part_without_a_whole_character_is_none() -> None:
    assert [record.text for record in read(frame(b"\xc3") + frame(b"\xa9\n"))] == ["é\n"]


def test_text_that_looks_like_details_is_text() -> None:
    found = read(frame(b"com.docker.swarm.task.id=fake x\n", more="label=a%20b,"))
    assert found[0].task == "t" and found[0].text == "com.docker.swarm.task.id=fake x\n"


def test_lines_of_tasks_with_a_terminal() -> None:
    data = b"".join(frame(text)[8:] for text in (b"one\r\n", b"two"))
    for piece in (0, 5):
        assert [(record.stream, record.text) for record in read(data, piece, terminal=True)] == [
            ("stdout", "one\r\n"),
            ("stdout", "two"),
        ]


LACK = b"warning: incomplete log stream. some logs could not be retrieved for the following reasons: node n disconnected unexpectedly"
ENGINES = b"Error grabbing logs: rpc error: code = Unknown desc = " + LACK + b"\n"


@pytest.mark.parametrize("terminal", [False, True])
def test_what_the_engine_says_itself_is_no_task_s(terminal: bool) -> None:
    said = ENGINES if terminal else bytes([3, 0, 0, 0]) + len(ENGINES).to_bytes(4, "big") + ENGINES
    data = frame(b"a\n")[8 if terminal else 0 :] + said
    assert [record.text for record in read(data, terminal=terminal)] == ["a\n"]
    told = [reason_of(message) for message in Messages("read", "swarm", terminal=terminal).feed(data)]
    assert told == ["", LACK.decode().removeprefix("warning: ")]


def test_what_is_later_is_left_out() -> None:
    late = AT.replace("28.4", "29.4")
    assert [record.text for record in read(frame(b"a\n") + frame(b"b\n", time=late), until=AT)] == ["a\n"]


@pytest.mark.parametrize(
    "data", [b"\x09\0\0\0\0\0\0\0", b"HTTP/1.1", frame(b"x\n")[:-1], bytes([1, 0, 0, 0]) + (LONGEST + 1).to_bytes(4, "big")]
)
def test_what_is_no_log(data: bytes) -> None:
    with pytest.raises(BackendError):
        read(data)


def test_a_line_of_a_terminal_is_bounded() -> None:
    with pytest.raises(BackendError):
        read(b"x" * (LONGEST + 1), terminal=True)
