"""Sizes and times, as docker's tables have them."""

from __future__ import annotations

import pytest

from perry_ffi.cli.show import units


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.4, "Less than a second"), (1, "1 second"), (59.9, "59 seconds"), (60, "About a minute"), (119, "About a minute"),
        (120, "2 minutes"), (3599, "59 minutes"), (3600, "About an hour"), (5400, "2 hours"), (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"), (13 * 86400, "13 days"), (14 * 86400, "2 weeks"), (59 * 86400, "8 weeks"),
        (60 * 86400, "2 months"), (729 * 86400, "24 months"), (730 * 86400, "2 years"),
    ],
)  # fmt: skip
def test_spans(seconds: float, expected: str) -> None:
    assert units.span(seconds) == expected


def test_sizes() -> None:
    assert [units.size(n) for n in (0, 516, 1180, 1_984_217, 10**12)] == ["0B", "516B", "1.18kB", "1.98MB", "1TB"]
    assert [units.memory(n) for n in (0, 348_160, 25_329_568_153)] == ["0B", "340KiB", "23.59GiB"]
    assert units.percent(0.114) == "0.11%"


def test_a_text_is_shortened_by_its_end() -> None:
    assert units.shortened("abcdef", 4) == "abc…" and units.shortened("abcd", 4) == "abcd"


def test_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert units.local("2026-11-26T11:51:16Z") == "2026-11-26 11:51:16 +0000 UTC"
    assert units.seconds_of("2026-11-26T11:51:16.5Z") == 1_795_693_876.5 and units.local("") == "" and units.seconds_of("") == 0
