from __future__ import annotations

import json
import stat
from typing import Any

from perry_ffi.errors import RegistryNotAvailable
from tests.support.command_on_fake import Program


def test_its_status_says_whether_something_would_change(program: Program) -> None:
    program.file({"db": {}, "web": {"depends_on": ["db"]}})
    said = program.run("plan", status=2)
    assert "create container" in said and "web" in said and not program.backend.writes
    program.run("up", "-d")
    assert program.run("plan") == "nothing to do\n"
    assert "wait" in program.run("plan", "--wait")
    found = program.json("plan", "--force-recreate", "--format", "json", "web", status=2)
    assert found["changes"] and {row.get("service") for row in found["steps"]} == {"web"}
    assert program.json("plan", "--format", "json") == {
        "project": "p", "steps": [], "changes": False, "notes": [], "pulls": [],
    }  # fmt: skip


def test_an_error_is_no_change(program: Program) -> None:
    program.run("plan", status=1)
    program.file({"a": {"image": "nowhere", "pull_policy": "never"}})
    program.run("plan", status=1)


def test_a_saved_one_holds_digests_and_no_values(program: Program) -> None:
    program.file({"a": {"environment": {"PASSWORD": "swordfish"}, "configs": ["c"]}}, configs={"c": {"content": "swordfish"}})
    program.run("plan", "-o", "p.json", "--scale", "a=2", status=2)
    assert "apply p.json" in program.err
    text = (program.folder / "p.json").read_text()
    assert "swordfish" not in text and stat.S_IMODE((program.folder / "p.json").stat().st_mode) == 0o600
    saved = json.loads(text)
    assert (saved["kind"], saved["version"], saved["project"]) == ("perry-compose plan", 1, "p")
    assert saved["options"]["scale"] == {"a": 2} and saved["request"]["files"] == [str(program.folder / "compose.yaml")]
    assert saved["engine"]["name"] == "fake" and "services.a" in saved["model"] and "image app" in saved["observed"]


def test_standard_input_cannot_be_read_again(program: Program) -> None:
    program.run("-f", "-", "plan", "-o", "p.json", status=1)
    assert "standard input" in program.err
    program.file({"a": {}})
    program.run("plan", "-o", "nowhere/p.json", status=1)
    assert "cannot be written" in program.err


def test_what_is_pulled_is_told_by_its_digest(program: Program, registry: dict[str, Any]) -> None:
    """As the registry names it now; an image that is named by a digest is not asked for."""
    now, pinned = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
    program.world.remote = {"far:1", f"fixed@{pinned}"}
    registry["far"] = now
    program.file({"a": {"image": "far:1"}, "b": {"image": f"fixed@{pinned}"}, "c": {}})
    assert f"pull image        far:1 {'':72} missing, {now}" in program.run("plan", "-o", "p.json", status=2)
    rows = [{"image": "far:1", "digest": now}, {"image": f"fixed@{pinned}", "digest": pinned}]
    assert program.json("plan", "--format", "json", status=2)["pulls"] == rows
    assert json.loads((program.folder / "p.json").read_text())["pulls"] == rows
    assert not program.backend.writes


def test_a_registry_that_does_not_tell_is_named_and_refuses_nothing(program: Program, registry: dict[str, Any]) -> None:
    program.world.remote = {"far:1"}
    registry["far"] = RegistryNotAvailable("far: it does not answer")
    program.file({"a": {"image": "far:1"}})
    found = program.json("plan", "-o", "p.json", "--format", "json", status=2)
    assert found["pulls"] == [{"image": "far:1", "unknown": "far: it does not answer"}]
    assert any("far:1" in note and "it does not answer" in note for note in found["notes"])
    assert "note: far:1: " in program.run("plan", status=2)
    program.run("apply", "p.json")
    assert "far:1" in program.world.images
