"""develop.watch: whose business a file is, and where it goes."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import NotFound
from perry_ffi.stack.sources.rules import rules_of
from tests.unit.stack.rig import project

BUILD = {"context": "/w"}


def rule(dockerignore: str = "", **row: Any) -> Any:
    wanted = project(
        {"web": {"build": BUILD, "develop": {"watch": [{"action": "sync", "path": "/w/src", "target": "/app", **row}]}}}
    )
    return rules_of(wanted, None, {"web": dockerignore})[0]


def test_files_below_its_path_go_to_their_places() -> None:
    found = rule()
    assert found.concerns("/w/src/a/b.py") and found.place("/w/src/a/b.py") == "/app/a/b.py"
    assert not found.concerns("/w/srcs/a") and not found.concerns("/w/other")
    single = rule(path="/w/one.txt", target="/app/two.txt")
    assert single.concerns("/w/one.txt") and single.place("/w/one.txt") == "/app/two.txt" and not single.concerns("/w/one.txt2")


def test_what_is_ignored_and_what_alone_is_included() -> None:
    found = rule(ignore=["node_modules/", "*.log"])
    assert not found.concerns("/w/src/node_modules/x") and not found.concerns("/w/src/a.log") and found.concerns("/w/src/d/a.log")
    assert found.skips("/w/src/node_modules") and not found.skips("/w/src") and not found.skips("/w") and found.skips("/x")
    only = rule(include="*.py")
    assert only.concerns("/w/src/a.py") and not only.concerns("/w/src/a.txt")


@pytest.mark.parametrize("name", ["a~", ".#a", "#a#", ".a.swp", ".git/index", "d/.git/HEAD", "4913", "d/__pycache__/x.pyc"])
def test_what_tools_write_for_themselves(name: str) -> None:
    assert not rule().concerns(f"/w/src/{name}")


def test_what_is_not_sent_to_a_build_is_not_copied_either() -> None:
    found = rule("src/secret\n*.md\n")
    assert not found.concerns("/w/src/secret") and found.concerns("/w/src/a.md") and found.concerns("/w/src/src/secret")


def test_who_has_rules() -> None:
    wanted = project({"web": {"develop": {"watch": [{"action": "restart", "path": "/w"}]}}, "db": {}})
    assert [row.service for row in rules_of(wanted, ["web"], {})] == ["web"]
    with pytest.raises(NotFound, match="services.db"):
        rules_of(wanted, ["db"], {})
    with pytest.raises(NotFound, match="develop.watch"):
        rules_of(project({"db": {}}), None, {})
    with pytest.raises(NotFound, match="nosuch"):
        rules_of(wanted, ["nosuch"], {})
