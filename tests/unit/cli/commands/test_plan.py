from __future__ import annotations

import json
import stat

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
    assert program.json("plan", "--format", "json") == {"project": "p", "steps": [], "changes": False, "notes": []}


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
