"""docs/contributing.md names files and tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs/contributing.md").read_text()
# Words that stand for a name of the reader's own.
OPEN = ("NAME", "MODULE")


def test_the_tests_that_it_names_are_there() -> None:
    missing, file = [], ""
    for path, test in re.findall(r"`(tests/[\w/]+\.py)?(?:::(test_\w+))?`", TEXT):
        file = path or file
        if any(word in file for word in OPEN) or not (path or test):
            continue
        if not (ROOT / file).is_file() or (test and not re.search(rf"def {test}\b", (ROOT / file).read_text())):
            missing.append(f"{file}::{test}")
    assert missing == []


def test_the_files_that_it_names_are_there() -> None:
    paths = re.findall(r"`((?:src|packages|docs|tests)/[\w/.-]+)`", TEXT)
    assert [path for path in paths if not any(word in path for word in OPEN) and not (ROOT / path).exists()] == []
