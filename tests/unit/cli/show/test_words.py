"""Words of progress."""

from __future__ import annotations

import pytest

from perry_ffi.cli.show.words import doing, done, one_line, probe_words, seconds, size, waits_for


def test_actions_are_told_as_what_is_done_and_what_was() -> None:
    assert (doing("create container"), done("create container")) == ("creating", "created")
    assert (doing("polish"), done("polish")) == ("polish", "polish: done")


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (12_345, "12.3 kB"), (40_100_000, "40.1 MB"), (5e12, "5000.0 GB")]
)
def test_sizes(count: float, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(("count", "text"), [(-1, "0.0 s"), (3.84, "3.8 s"), (125, "2 min 5 s"), (7260, "2 h 1 min")])
def test_seconds(count: float, text: str) -> None:
    assert seconds(count) == text


def test_who_is_waited_for() -> None:
    assert waits_for({"db": "healthy"}) == "waits for db to be healthy"
    assert (
        waits_for({"db": "healthy", "job": "completed", "x": "started"})
        == "waits for db to be healthy and job to complete and 1 more"
    )
    assert waits_for({}) == ""


def test_a_failing_probe() -> None:
    assert (
        probe_words({"failed": 3, "retries": 10, "output": "connection refused"}) == "3 of 10 probes failed: connection refused"
    )
    assert probe_words({"failed": 30, "retries": 3, "output": "no"}) == "30 probes failed: no"
    assert probe_words({"failed": 1, "retries": 3, "exitCode": 7}) == "1 of 3 probes failed (exit code 7)"


def test_words_of_programs_move_no_cursor() -> None:
    assert one_line("\x1b[31mred\x1b[0m\r\n\x1b[2Jlast\tline\n\n") == "last line"
    assert "\x07" not in one_line("a\x07b")
    assert one_line("") == ""
