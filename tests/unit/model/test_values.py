"""Values that many documents have: durations, sizes, variables, labels, names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.model import values
from tests.unit.model.forms import Parser, for_anything, refuses, takes_or_refuses

S = 10**9
TAKEN: list[tuple[Parser, Any, Any]] = [
    (values.duration, "1m30s", 90 * S),
    (values.duration, "1.5h", 5400 * S),
    (values.duration, "1ns", 1),
    (values.duration, "100us", 100_000),
    (values.duration, "2µs", 2_000),
    (values.duration, "1h2m3s4ms", 3723 * S + 4_000_000),
    (values.duration, 5, 5 * S),
    (values.duration, 0.25, S // 4),
    (values.duration, "10", 10 * S),
    (values.duration, 0, 0),
    (values.grace, "1500ms", 2),
    (values.size, "64m", 64 << 20),
    (values.size, "1.5g", 3 << 29),
    (values.size, "512KB", 512 << 10),
    (values.size, "1 GiB", 1 << 30),
    (values.size, "100b", 100),
    (values.size, 4096, 4096),
    (values.size, "4096", 4096),
    (values.cpus, 0.5, 0.5),
    (values.cpus, "1.5", 1.5),
    (values.env, {"A": "b", "N": 1, "T": True, "F": 1.5, "W": 3.0}, {"A": "b", "N": "1", "T": "true", "F": "1.5",
        "W": "3"}),
    (values.env, ["A=b=c", "E="], {"A": "b=c", "E": ""}),
    (values.labels, ["a", "b=c"], {"a": "", "b": "c"}),
    (values.restart, "on-failure:3", ("on-failure", 3)),
    (values.restart, "unless-stopped", ("unless-stopped", 0)),
    *((values.restart, text, read) for text, read in (
        ("always:0", ("always", 0)), ("on-failure:x", ("on-failure", 0)), ("on-failure:", ("on-failure", 0)),
        ("on-failure: 3", ("on-failure", 0)), ("on-failure:3:4", ("on-failure", 3)), ("on-failure:99999999999", ("on-failure", 99999999999)))),
    *((values.grace, value, seconds) for value, seconds in (
        ("1.5s", 2), ("0", 0), (3, 3), ("-1s", -1), ("-500ms", 0), (-1, -1), ("-1h", -1))),
    *((values.or_unlimited, value, -1) for value in (-1, "-1", -5, "-70000")),
    (values.or_unlimited, "3", 3),
    (values.env, {"A=B": "c", "D": ""}, {"A": "B=c", "D": ""}),
    (values.labels, {"": "x"}, {"": "x"}),
    (values.labels, ["=x"], {"": "x"}),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value", "wanted"), TAKEN)
def test_forms_that_are_taken(parser: Parser, value: Any, wanted: Any) -> None:
    assert parser(value) == wanted


REFUSED: list[tuple[Parser, Any]] = [
    *((values.duration, v) for v in ("", "1 s", "s", "1d", "-1s", "1e3s", "1s1", ".", True, -1, float("nan"),
        float("inf"), [], "9" * 70 + "h")),
    *((values.size, v) for v in ("", "m", "-1", "1x", "1.2.3m", "1e3", True, -1, 1.5, None, "9" * 39, "９")),
    *((values.cpus, v) for v in (0, -1, "x", "NaN", "Infinity", True, None, "")),
    *((values.env, v) for v in ("A=b", ["A"], ["=b"], {"": "b"}, {"A": None}, {"A": "\0"}, ["A=\0"],
        3)),
    *((values.labels, v) for v in ({"a": "\ud800"}, "a=b")),
    *((values.name, v) for v in ("", "a", "-ab", ".ab", "..", "a/b", "../x", "a b", "a\n", "ab\n", "a?b", "a#b",
        "a%2fb", "ä1", None, 12)),
    *((values.restart, v) for v in ("sometimes", "always:3", "no:1", "on-failure:-1", "ALWAYS", None, "")),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value"), REFUSED)
def test_forms_that_are_refused(parser: Parser, value: Any) -> None:
    refuses(parser, value)


PARSERS = [
    values.duration,
    values.grace,
    values.size,
    values.cpus,
    values.env,
    values.labels,
    values.restart,
    values.or_unlimited,
    values.name,
]


@for_anything(PARSERS)
def test_anything_gives_a_value_or_a_validation_error(parser: Parser, value: Any) -> None:
    takes_or_refuses(parser, value)


@given(st.integers(0, 2**62))
def test_a_duration_keeps_every_nanosecond(ns: int) -> None:
    assert values.duration(f"{ns}ns") == ns
    assert values.duration(f"{ns // 10**9}s{ns % 10**9}ns") == ns


@given(st.integers(0, 2**32), st.sampled_from(list("bkmg")))
def test_a_size_is_exact(number: int, unit: str) -> None:
    assert values.size(f"{number}{unit}") == number << (10 * "bkmg".index(unit))
