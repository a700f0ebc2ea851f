from __future__ import annotations

import json

import pytest

from perry_ffi.backends.fake import Behaviour
from tests.support.command_on_fake import Program

SERVICES = {"db": {"volumes": ["data:/data"]}, "web": {"depends_on": ["db"], "command": ["check"]}}


@pytest.fixture
def stack(program: Program) -> Program:
    program.file(SERVICES, volumes={"data": {}})
    program.behave["db"] = Behaviour(stdout="listening\n")
    return program


def nothing_left(program: Program) -> bool:
    return not program.world.boxes and not program.world.volumes and "p-test_default" not in program.world.networks


def test_it_brings_up_runs_and_takes_down(stack: Program) -> None:
    stack.behave["web"] = Behaviour(exit_code=0, stdout="fine\n", stderr="odd\n")
    assert stack.run("test", "web") == "fine\n"
    assert "odd\n" in stack.err and "listening" not in stack.err and nothing_left(stack)
    made = [call.subject for call in stack.backend.writes if call.method == "create_container"]
    assert made[0] == "p-test-db-1" and made[1].startswith("p-test-web-run-")


def test_its_status_is_the_command_s_and_the_logs_are_kept(stack: Program) -> None:
    stack.behave["web"] = Behaviour(exit_code=7)
    stack.run("test", "-e", "A=1", "web", "check", "--all", status=7)
    assert "the test failed: exit code 7" in stack.err and "  | listening" in stack.err and nothing_left(stack)
    stack.run("test", "--logs", "kept", "web", status=7)
    assert (stack.folder / "kept/p-test-db-1.log").read_text() == "listening\n" and "  | listening" not in stack.err
    (stack.folder / "file").write_text("")
    stack.run("test", "--logs", "file", "web", status=1)
    assert "--logs file" in stack.err and nothing_left(stack)


def test_what_is_kept_is_in_the_way_of_the_next_one(stack: Program) -> None:
    stack.behave["web"] = Behaviour(exit_code=0)
    stack.run("test", "--keep", "web")
    assert "p-test is kept" in stack.err and [box.name for box in stack.world.boxes.values()] == ["p-test-db-1"]
    stack.run("test", "web", status=1)
    assert "it has containers already" in stack.err and "perry-compose --project-name p-test down --volumes takes" in stack.err
    assert len(stack.world.boxes) == 1
    stack.run("-p", "other", "test", "web")
    assert len(stack.world.boxes) == 1
    stack.run("-p", "p-test", "down", "-v")
    assert nothing_left(stack)


def test_a_program_that_reads_hears_objects(stack: Program) -> None:
    stack.behave["web"] = Behaviour(exit_code=0, stdout="fine\n", stderr="odd \x1b[1mthing\n")
    assert stack.run("--progress", "json", "test", "web") == "fine\n"
    assert {"level": "info", "msg": "odd \\x1b[1mthing\n"} in map(json.loads, stack.err.splitlines())


def test_a_project_that_runs_stays(stack: Program) -> None:
    stack.behave["web"] = Behaviour(exit_code=0)
    stack.run("up", "-d", "db")
    before = {box.id for box in stack.world.boxes.values()}
    stack.run("test", "web")
    assert {box.id for box in stack.world.boxes.values()} == before


def test_what_it_needs_does_not_come_up(stack: Program) -> None:
    stack.behave["db"] = Behaviour(exit_code=3, stderr="no disk\n")
    stack.run("test", "web", status=1)
    assert "no disk" in stack.err and "everything is as it was" in stack.err and nothing_left(stack)
    stack.run("test", "--logs", "kept", "web", status=1)
    assert (stack.folder / "kept/p-test-db-1.log").read_text() == "no disk\n" and nothing_left(stack)
    stack.run("test", "nobody", status=1)


def test_a_rehearsal_changes_nothing(stack: Program) -> None:
    said = stack.run("test", "--dry-run", "web")
    assert "create container  p-test-db-1" in said and not stack.backend.writes


def test_a_command_that_cannot_be_started(stack: Program) -> None:
    stack.behave["web"] = Behaviour(start_error="exec: no such program")
    stack.run("test", "web", "nothing", status=1)
    assert "no such program" in stack.err and "  | listening" in stack.err and nothing_left(stack)
