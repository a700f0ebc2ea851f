"""Hooks: commands in the order in which they are run."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import ValidationError
from perry_ffi.stack.translate.hooks import Hook, Hooks, hooks


def test_hooks() -> None:
    full = {
        "command": ["x", "-y"],
        "user": 0,
        "privileged": True,
        "working_dir": "/w",
        "environment": {"A": "b", "N": None},
    }
    service = {
        "post_start": [full],
        "pre_stop": [{"command": ["z"]}],
        "pre_start": [{"command": ["i"], "image": "bb", "per_replica": True}],
    }
    assert hooks({"services": {"web": service}}, "web") == Hooks(
        pre_start=(Hook(("i",), image="bb", per_replica=True),),
        post_start=(Hook(("x", "-y"), "0", True, "/w", {"A": "b"}),),
        pre_stop=(Hook(("z",)),),
    )
    assert "b-value" not in repr(Hook(("x",), env={"A": "b-value"}))


@pytest.mark.parametrize(
    "hook", [{}, {"command": []}, {"command": "a b"}, {"command": ["x"], "image": "bb"}, {"command": ["a\0"]},
             {"command": ["x"], "working_dir": "relative"}, {"command": ["x"], "working_dir": "-w"}]
)  # fmt: skip
def test_a_bad_hook_is_named(hook: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"services\.web\.post_start\[0\]"):
        hooks({"services": {"web": {"post_start": [hook]}}}, "web")
