"""Whether a node is tried again, and when."""

from __future__ import annotations

import math
import random

import pytest

from perry_ffi.model.base import validate
from perry_ffi.model.workload import Retry
from perry_ffi.workload.records import Record
from perry_ffi.workload.retrying import again, delay
from perry_ffi.workload.runner import Result
from tests.unit.workload.runners import node


def retry(**members: object) -> Retry:
    return validate(Retry, {"limit": 1000, "jitter": 0, **members})


@pytest.mark.parametrize(
    ("members", "seconds"),
    [
        ({}, [1, 2, 4, 8, 16, 32, 60, 60]), ({"delay": "100ms", "factor": 3}, [0.1, 0.3, 0.9, 2.7]),
        ({"delay": "5s", "factor": 1}, [5, 5, 5]), ({"delay": "5s", "maxDelay": "7s"}, [5, 7, 7]), ({"delay": 0}, [0, 0, 0]),
        ({"delay": "90s"}, [60]),
    ],
)  # fmt: skip
def test_delays_grow_to_their_bound(members: dict[str, object], seconds: list[float]) -> None:
    found = [delay(retry(**members), failures, random.Random(1)) for failures in range(1, len(seconds) + 1)]
    assert found == pytest.approx(seconds)


def test_the_last_of_a_thousand_tries_has_a_delay_too() -> None:
    for factor in (1, 2, 100):
        assert math.isfinite(delay(retry(factor=factor), 1000, random.Random(1)))
        assert delay(retry(factor=factor, delay=0), 1000, random.Random(1)) == 0


def test_chance_is_within_its_part() -> None:
    chance = random.Random(1)
    found = [delay(retry(jitter=0.25, delay="4s", factor=1), 1, chance) for _ in range(500)]
    assert 3 <= min(found) < 3.2 and 4.8 < max(found) <= 5
    assert all(delay(retry(jitter=1, delay="4s"), 1, chance) >= 0 for _ in range(500))


@pytest.mark.parametrize(
    ("said", "attempt", "code", "wanted"),
    [
        (None, 1, 1, False), ({"limit": 0}, 1, 1, False), ({"limit": 1}, 1, 1, True), ({"limit": 1}, 2, 1, False),
        ({"limit": 1, "exitCodes": [3]}, 1, 1, False), ({"limit": 1, "exitCodes": [3]}, 1, 3, True),
        ({"limit": 1, "exitCodes": [3]}, 1, None, False), ({"limit": 1}, 1, None, True),
    ],
)  # fmt: skip
def test_tries_that_are_left(said: dict[str, object] | None, attempt: int, code: int | None, wanted: bool) -> None:
    assert again(Record(node("a", "job", retry=said), attempt=attempt), Result("failed", code)) is wanted
