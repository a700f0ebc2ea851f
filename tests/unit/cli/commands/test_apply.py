from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from perry_ffi.backends.fake import FakeBackend
from perry_ffi.errors import RegistryNotAvailable
from perry_ffi.service import plans
from tests.support.command_on_fake import IMAGE, Program


@pytest.fixture
def planned(program: Program) -> Program:
    """With two services that run, and a plan of a third one."""
    program.file({"db": {}, "web": {}})
    program.run("up", "-d")
    program.file({"db": {}, "web": {"hostname": "h"}, "more": {}})
    program.run("plan", "-o", "p.json", "--wait", status=2)
    program.backend.calls.clear()
    return program


def test_it_does_the_steps_of_the_plan(planned: Program) -> None:
    saved = json.loads((planned.folder / "p.json").read_text())
    (planned.folder / "elsewhere").mkdir()
    done = planned.json("apply", "p.json", "--format", "json")
    steps = [(row["action"], row["target"]) for row in saved["steps"]]
    assert [(row["action"], row["target"]) for row in done["steps"]] == steps
    assert {box.name for box in planned.world.boxes.values()} == {"p-db-1", "p-web-1", "p-more-1"}
    called = [call.method for call in planned.backend.writes]
    assert called.count("create_container") == 2 and called.count("remove_container") == 1
    assert planned.run("plan") == "nothing to do\n"


def test_it_makes_networks_and_volumes(program: Program) -> None:
    program.file({"a": {"volumes": ["data:/v"]}}, volumes={"data": {}})
    program.run("plan", "-o", "p.json", status=2)
    program.run("apply", "p.json")
    assert "p_data" in program.world.volumes and program.run("plan") == "nothing to do\n"


def test_it_names_containers_as_the_plan_does(program: Program) -> None:
    program.file({"a": {}})
    program.run("--compatibility", "plan", "-o", "p.json", status=2)
    program.run("apply", "p.json")
    assert [box.name for box in program.world.boxes.values()] == ["p_a_1"]


def test_it_replaces_one_after_the_other_where_the_plan_does(program: Program) -> None:
    program.file({"web": {"scale": 2}})
    program.run("up", "-d")
    program.file({"web": {"scale": 2, "hostname": "h"}})
    program.run("plan", "-o", "p.json", "--rolling", status=2)
    saved = json.loads((program.folder / "p.json").read_text())
    assert saved["options"]["rolling"]
    program.backend.calls.clear()
    program.run("apply", "p.json")
    methods = [call.method for call in program.backend.writes]
    first = methods.index("remove_container") if "remove_container" in methods else methods.index("stop_container")
    assert methods.index("start_container") < first and methods.count("create_container") == 2
    assert program.run("plan") == "nothing to do\n"


def test_it_is_read_from_any_folder(planned: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    (planned.folder / "elsewhere").mkdir()
    monkeypatch.chdir(planned.folder / "elsewhere")
    planned.run("apply", "../p.json")
    assert len(planned.world.boxes) == 3


def _another_file(program: Program) -> None:
    program.file({"db": {}, "web": {"hostname": "other"}, "more": {}})


def _another_variable(program: Program) -> None:
    program.file({"db": {}, "web": {"hostname": "h", "environment": {"A": "${A:-x}"}}, "more": {}})


def _stopped(program: Program) -> None:
    program.world.stop(program.world.find("p-db-1"))


def _moved(program: Program) -> None:
    program.world.make_image(IMAGE)


def _another_engine(program: Program) -> None:
    other = FakeBackend(program.world)
    other.identity = "another"
    program.use(other)


def _of_another_project(program: Program, services: dict[str, Any], name: str) -> None:
    program.file(services, name)
    text = (program.folder / name).read_text().replace('"name": "p"', '"name": "q"')
    (program.folder / name).write_text(text)


def _renamed(program: Program) -> None:
    _of_another_project(program, {"db": {}, "web": {"hostname": "h"}, "more": {}}, "compose.yaml")


def _an_override(program: Program) -> None:
    program.file({"web": {"hostname": "h"}}, "compose.override.yaml")


def _files_that_a_variable_names(program: Program) -> None:
    program.file({"db": {}}, "more.yaml")
    (program.folder / ".env").write_text("COMPOSE_FILE=compose.yaml:more.yaml")


def _no_file(program: Program) -> None:
    (program.folder / "compose.yaml").unlink()


@pytest.mark.parametrize(
    "change",
    [
        _another_file, _another_variable, _stopped, _moved, _another_engine, _renamed, _an_override, _files_that_a_variable_names,
        _no_file,
    ],
)  # fmt: skip
def test_a_stale_one_touches_nothing(planned: Program, change: Callable[[Program], None]) -> None:
    change(planned)
    for words in (["apply", "p.json"], ["apply", "p.json", "--dry-run"]):
        planned.run(*words, status=1)
        assert "plan" in planned.err and not planned.backend.writes


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"ports": ["8080:90"]}, "port 8080/tcp of the host is held by the container q-other-1"),
        ({"container_name": "mine"}, "the name mine is that of somebody else's container"),
    ],
)
def test_what_somebody_else_has_by_now_is_refused_before_anything_is_touched(
    program: Program, members: dict[str, Any], said: str
) -> None:
    program.file({"web": {"ports": ["8080:80", "127.0.0.1:9090-9091:90-91"], "container_name": "mine"}})
    program.run("plan", "-o", "p.json", status=2)
    _of_another_project(program, {"other": members}, "other.yaml")
    program.run("-f", "other.yaml", "up", "-d")
    program.backend.calls.clear()
    for words in (["apply", "p.json"], ["apply", "p.json", "--dry-run"]):
        program.run(*words, status=1)
        assert f"not to be applied any more: {said}" in program.err and not program.backend.writes
    assert said in program.run("plan", "-o", "p.json", status=2)
    program.run("-f", "other.yaml", "stop")
    if "ports" in members:
        program.run("apply", "p.json")


def test_a_dry_run_says_whether_it_would_be_done(planned: Program) -> None:
    assert "create container" in planned.run("apply", "p.json", "--dry-run") and not planned.backend.writes


def _edited(program: Program, **members: Any) -> None:
    saved = json.loads((program.folder / "p.json").read_text())
    (program.folder / "p.json").write_text(json.dumps({**saved, **members}))


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"version": 2}, "version 2"),
        ({"kind": "else"}, "no plan"),
        ({"steps": "x"}, "expected a list"),
        ({"options": {"sudo": True}}, "options.sudo"),
        ({"options": {"build": "yes"}}, "options.build"),
        ({"options": {"no_recreate": True, "force_recreate": True}}, "contradict"),
        ({"extra": 1}, "a member of SavedPlan"),
        ({"project": "other"}, "the plan is of the project other"),
        ({"steps": []}, "other steps"),
    ],
)  # fmt: skip
def test_a_plan_that_was_changed(planned: Program, members: dict[str, Any], said: str) -> None:
    _edited(planned, **members)
    planned.run("apply", "p.json", status=1)
    assert said in planned.err and not planned.backend.writes


def test_what_is_no_plan(planned: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    planned.run("apply", "nothing.json", status=1)
    assert "no such file" in planned.err
    planned.run("apply", ".", status=1)
    (planned.folder / "p.json").write_bytes(b"\xff{")
    planned.run("apply", "p.json", status=1)
    (planned.folder / "p.json").write_text("[]")
    planned.run("apply", "p.json", status=1)
    assert "no plan" in planned.err
    monkeypatch.setattr(plans, "MAX_BYTES", 1)
    planned.run("apply", "p.json", status=1)
    assert "larger" in planned.err


@pytest.mark.parametrize("words", [["-f", "compose.yaml"], ["-p", "other"], ["--profile", "x"], ["--env-file", "e"]])
def test_what_the_plan_says_is_not_said_again(planned: Program, words: list[str]) -> None:
    planned.run(*words, "apply", "p.json", status=1)
    assert words[0].strip("-")[:1] in planned.err and not planned.backend.writes


OLD, NEW = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


@pytest.fixture
def pulling(program: Program, registry: dict[str, Any]) -> Program:
    """With a plan that pulls an image which its registry has as OLD."""
    registry["far"] = OLD
    program.world.remote, program.world.published = {"far:1"}, {"far:1": f"far@{OLD}"}
    program.file({"a": {"image": "far:1"}})
    program.run("plan", "-o", "p.json", status=2)
    return program


def test_it_pulls_what_was_planned(pulling: Program) -> None:
    assert OLD in pulling.run("apply", "p.json", "--dry-run") and not pulling.backend.writes
    pulling.run("apply", "p.json")
    assert pulling.world.digests[pulling.world.images["far:1"]] == [f"far@{OLD}"]


def test_a_tag_that_moved_is_refused_before_anything_is_touched(pulling: Program, registry: dict[str, Any]) -> None:
    registry["far"] = NEW
    for words in (["apply", "p.json"], ["apply", "p.json", "--dry-run"]):
        pulling.run(*words, status=1)
        assert "the image far:1 of its registry changed" in pulling.err and not pulling.backend.writes


def test_a_tag_that_moves_while_it_is_applied_leaves_nothing_that_runs(pulling: Program) -> None:
    """The registry told the old digest, and the engine got another one."""
    pulling.world.published["far:1"] = f"far@{NEW}"
    pulling.run("apply", "p.json", status=1)
    assert "far:1" in pulling.err and NEW in pulling.err and OLD in pulling.err
    assert not pulling.world.boxes and not any(call.method == "create_container" for call in pulling.backend.writes)


def test_what_was_pulled_counts_where_the_registry_does_not_tell_any_more(pulling: Program, registry: dict[str, Any]) -> None:
    registry["far"] = RegistryNotAvailable("it does not answer")
    pulling.world.published["far:1"] = f"far@{NEW}"
    pulling.run("apply", "p.json", status=1)
    assert NEW in pulling.err and not pulling.world.boxes
    pulling.world.published["far:1"] = f"far@{OLD}"
    pulling.world.images.pop("far:1")
    pulling.run("apply", "p.json")
    assert len(pulling.world.boxes) == 1
