"""The builds of a project as a definition for bake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perry_ffi.errors import NotFound
from perry_ffi.service.project_images import asked_for
from perry_ffi.stack.bake import bake_file
from tests.unit.stack.rig import project

SECRETS = {"file": {"file": "/f"}, "variable": {"environment": "TOKEN"}}


def test_targets_are_what_is_built_and_what_that_is_built_from() -> None:
    top = {"build": {"context": "/w", "additional_contexts": {"base": "service:base"}, "args": {"A": "1"}, "target": "t"}}
    wanted = project({"top": top, "base": {"build": {"context": "/b"}, "image": "named:1"}, "other": {}, "more": {"build": "/m"}})
    changed = asked_for({"A": "2", "B": "3"}, no_cache=True, ssh=["default"])
    found = bake_file(wanted, ["top", "other"], changed, push=True)
    assert found["group"] == {"default": {"targets": ["top"]}} and set(found["target"]) == {"top", "base"}
    row = found["target"]["top"]
    assert (row["context"], row["contexts"], row["args"], row["target"]) == (
        "/w",
        {"base": "target:base"},
        {"A": "2", "B": "3"},
        "t",
    )
    assert (row["no-cache"], row["ssh"], row["output"], row["tags"]) == (True, ["default"], ["type=registry"], ["p-top"])
    assert found["target"]["base"]["tags"] == ["named:1"] and "pull" not in row
    with pytest.raises(NotFound):
        bake_file(wanted, ["nosuch"], changed)


def test_secrets_are_named_and_never_shown(tmp_path: Path) -> None:
    def baked(*names: str) -> str:
        web = {"build": {"context": "/w", "secrets": [*names]}}
        wanted = project({"web": web}, secrets=SECRETS, environment={"TOKEN": "hidden"})
        return json.dumps(bake_file(wanted, None, lambda spec: spec))

    text = baked("file", "variable")
    assert "id=file,type=file,src=/f" in text and "id=variable,type=env,env=TOKEN" in text and "hidden" not in text
