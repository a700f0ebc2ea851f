"""When a container that ended by itself is started again."""

from __future__ import annotations

import pytest

from perry_ffi.backends.apple.restarts import wanted
from perry_ffi.model.container_facts import RestartPolicy


@pytest.mark.parametrize(
    ("name", "retries", "code", "tries", "expected"),
    [
        ("no", 0, 1, 0, False), ("always", 0, 0, 50, True), ("unless-stopped", 0, 1, 0, True), ("on-failure", 0, 0, 0, False),
        ("on-failure", 0, 3, 99, True), ("on-failure", 2, 3, 1, True), ("on-failure", 2, 3, 2, False), ("often", 0, 1, 0, False),
    ],
)  # fmt: skip
def test_policies(name: str, retries: int, code: int, tries: int, expected: bool) -> None:
    assert wanted(RestartPolicy(name, retries), code, tries) is expected
