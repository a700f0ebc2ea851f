"""docs/sandbox.md says of each attempt what becomes of it, and of no other."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.sandbox_table import INSIDE_GVISOR, STOPPED, TABLE

ROOT = Path(__file__).resolve().parents[3]


def test_the_table_of_the_page_has_every_attempt() -> None:
    page = (ROOT / "docs/sandbox.md").read_text().split("<!-- attempts -->")[1].split("<!-- end of attempts -->")[0]
    names = [name for row in page.splitlines() if row.startswith("| ") for name in re.findall(r"`([^`]+)`", row.split("|")[4])]
    assert sorted(names) == sorted(STOPPED)


def test_each_attempt_is_one_of_the_program_s() -> None:
    program = (ROOT / "tests/support/sandbox_probe.c").read_text()
    missing = {name for name in TABLE if f'"{name}"' not in program and f'"{name.removeprefix("open_")}"' not in program}
    assert {name for name in missing if f'"/{name.removeprefix("open_")}"' not in program} == set()
    assert set(TABLE) >= INSIDE_GVISOR
