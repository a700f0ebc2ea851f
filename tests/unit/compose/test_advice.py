"""Values that are taken, and whose meaning is told because it is hardly what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.compose.support import load_text


@pytest.mark.parametrize(
    ("member", "path", "word"),
    [
        ("healthcheck: {test: [CMD-SHELL, pg_isready, -d, mydb]}", "healthcheck.test", "CMD-SHELL"),
        ("healthcheck: {test: [CMD-SHELL]}", "healthcheck.test", "every probe fails"),
        ("healthcheck: {test: [NONE, x]}", "healthcheck.test", "NONE"),
    ],
)
def test_told(tmp_path: Path, member: str, path: str, word: str) -> None:
    project = load_text(tmp_path, f"services: {{a: {{image: x, {member}}}}}\n")
    ((code, message),) = project.warnings
    assert code == "meaning" and message.startswith(f"services.a.{path}: ") and word in message
    assert "mydb" not in message


@pytest.mark.parametrize(
    "member",
    [
        "healthcheck: {test: [CMD-SHELL, pg_isready -d mydb]}", "healthcheck: {test: [CMD, pg_isready, -d, mydb]}",
        "healthcheck: {test: [NONE]}", "healthcheck: {test: x}", "healthcheck: {disable: true, test: [CMD-SHELL, a, b]}",
        "healthcheck: {}", "healthcheck: {test: []}",
    ],
)  # fmt: skip
def test_nothing_to_tell(tmp_path: Path, member: str) -> None:
    assert load_text(tmp_path, f"services: {{a: {{image: x, {member}}}}}\n").warnings == ()
