from __future__ import annotations

import io
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from perry_ffi.cli.commands import doctor
from perry_ffi.cli.main import main
from perry_ffi.cli.screen import Screen
from perry_ffi.model.doctor_report import DoctorMachine, DoctorReport, DoctorRuntime, DoctorSymptom, DoctorTrial, InstallOption
from perry_ffi.service import doctor as service_doctor
from perry_ffi.service.client import Client
from tests.support.doctoring import User, docker, engine, program


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    """A user whose docker is a colima that does not run, and whose start makes a file."""
    found = User(tmp_path)
    found.colima(f'echo "starting $*"; echo ran >> {tmp_path}/ran')
    program(found.bin, "touch", 'exec /usr/bin/touch "$@"')
    for name in list(os.environ):
        if name.startswith(("PERRY_", "DOCKER_", "CONTAINER_", "XDG_", "COMPOSE_")):
            monkeypatch.delenv(name)
    for name, value in (found.client().settings.environ or {}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return found


def test_a_report(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "docker            absent" in said
    assert "no engine would be used: docker does not answer" in said and "(context: colima)" in said
    assert "✘ docker: docker's context 'colima' leads to" in said and "\n    colima start\n" in said
    assert not (user.home / "ran").exists()


def test_a_report_of_an_engine_that_works(
    user: User, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{user.home}/d.sock")
    with engine(user.home / "d.sock", docker(Driver="overlay2", CgroupVersion="2", DockerRootDir="/")):
        assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "API 1.41, as root, cgroups 2, overlay2, " in said and " GiB free" in said
    assert f"docker at unix://{user.home}/d.sock is used: PERRY_CONTAINER_BACKEND names it" in said


def test_an_image_that_is_tried(user: User, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    async def report(client: object, directory: str, image: str) -> DoctorReport:
        trial = DoctorTrial(image=image, ok=True, seconds=1.25)
        machine = DoctorMachine(platform="linux")
        return DoctorReport(healthy=True, chosen="x", why="w", order=[], machine=machine, runtimes=[], symptoms=[], trial=trial)

    monkeypatch.setattr("perry_ffi.service.doctor.doctor", report)
    assert main(["doctor", "--try", "busybox"]) == 0
    assert "a container of busybox was created, started and removed in 1.2 s\n" in capsys.readouterr().out


def test_a_rehearsal_runs_and_tries_nothing(
    user: User, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[object]()
    seen = service_doctor.doctor

    async def report(client: Client, directory: str, image: str | None) -> DoctorReport:
        asked.append(image)
        return await seen(client, directory, image)

    monkeypatch.setattr(service_doctor, "doctor", report)
    assert main(["--dry-run", "doctor", "--fix", "--yes", "--try", "app"]) == 1
    assert not (user.home / "ran").exists() and asked == [None]
    assert "--dry-run" in capsys.readouterr().err


def test_json(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["context"] == "colima" and not found["healthy"]


def test_nobody_is_asked_on_a_pipe_and_nothing_runs(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--fix"]) == 1
    said = capsys.readouterr()
    assert "--fix: it asks before it runs anything, and nobody can be asked here" in said.err and said.out == ""
    assert not (user.home / "ran").exists()
    assert main(["doctor", "--yes"]) == 1


def test_without_asking_where_that_is_said(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--fix", "--yes"]) == 1
    said = capsys.readouterr()
    assert (user.home / "ran").read_text() == "ran\n", "two symptoms of one remedy: it runs once"
    assert "running colima start\nstarting start\ndone\n" in said.err
    assert said.out.count("ENGINE") == 2, "it looks again"


def test_json_is_one_document_also_where_something_ran(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--fix", "--yes", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["context"] == "colima" and (user.home / "ran").exists()


def test_what_a_program_says_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    doctor._hear("\x1b[1mpulling\x1b[0m\r 10%\r 20%\n\ndone\n")
    assert capsys.readouterr().err == "pulling\n 10%\n 20%\ndone\n"


def test_an_interrupt_ends_a_question(user: User) -> None:
    ours, its = pty.openpty()
    try:
        argv = [sys.executable, "-m", "perry_ffi.cli", "doctor", "--fix"]
        with subprocess.Popen(
            argv, stdin=its, stdout=subprocess.DEVNULL, stderr=its, env=dict(os.environ), cwd=user.home
        ) as process:
            said = b""
            while b"[y/N]" not in said:
                said += os.read(ours, 4096)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
    finally:
        os.close(its)
        os.close(ours)
    assert not (user.home / "ran").exists()


@pytest.mark.parametrize(("answer", "ran"), [("y", True), ("yes", True), ("n", False), ("", False), ("yep", False)])
def test_it_asks(user: User, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, ran: bool) -> None:
    monkeypatch.setattr(Screen, "reads", True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{answer}\n" * 4))
    assert main(["doctor", "--fix"]) == 1
    assert "run colima start (starts Colima)? [y/N]" in capsys.readouterr().err
    assert (user.home / "ran").exists() == ran


def test_it_asks_at_a_terminal(user: User) -> None:
    ours, its = pty.openpty()
    try:
        argv = [sys.executable, "-m", "perry_ffi.cli", "doctor", "--fix"]
        with subprocess.Popen(
            argv, stdin=its, stdout=subprocess.PIPE, stderr=its, env=dict(os.environ), cwd=user.home
        ) as process:
            os.write(ours, b"y\n" * 4)
            out, _ = process.communicate(timeout=60)
    finally:
        os.close(its)
        os.close(ours)
    assert process.returncode == 1 and out.count(b"ENGINE") == 2
    assert (user.home / "ran").read_text() == "ran\n"


def test_what_needs_root_is_printed(user: User, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    row = DoctorSymptom(
        id="docker:x", runtime="docker", symptom="x", weight="error", evidence="e", commands=[["sudo", "touch", "ran"]],
        remedy="sudo touch ran", needs_root=True, runnable=False,
    )  # fmt: skip

    async def report(client: object, *_: object) -> DoctorReport:
        return DoctorReport(
            healthy=False, why="w", order=[], machine=DoctorMachine(platform="linux"), runtimes=[], symptoms=[row]
        )

    monkeypatch.setattr("perry_ffi.service.doctor.doctor", report)
    assert main(["doctor", "--fix", "--yes"]) == 1
    said = capsys.readouterr()
    assert "to be run by hand: sudo touch ran" in said.err and said.out.count("w\n") == 1
    assert not (user.home / "ran").exists()


def test_what_can_be_installed_is_told_where_nothing_is() -> None:
    report = DoctorReport(
        healthy=False, why="nothing", order=["docker"], machine=DoctorMachine(platform="darwin"), symptoms=[],
        runtimes=[DoctorRuntime(name="docker", state="absent", reason="one\nline\x1b[31m")],
    )  # fmt: skip
    option = InstallOption(id="install:colima", kind="install", runtime="colima", title="colima", text="brew install colima")
    told = doctor.lines(report, [option])
    assert told[-1] == "  colima: brew install colima" and not any("\n" in line or "\x1b" in line for line in told)


def test_on_a_terminal_lines_end_between_words_and_commands_stay_whole() -> None:
    runtime = DoctorRuntime(name="docker", state="broken", reason="a reason of many words that " * 6)
    command = ["sudo", "usermod", *(f"--option-{number}" for number in range(12))]
    symptom = DoctorSymptom(
        id="docker:x", runtime="docker", symptom="x", weight="error", evidence="evidence " * 20, commands=[command],
        remedy=" ".join(command), changes="changes " * 20,
    )  # fmt: skip
    report = DoctorReport(
        healthy=False, why="w", order=["podman", "docker"], machine=DoctorMachine(platform="linux"), runtimes=[runtime],
        symptoms=[symptom],
    )  # fmt: skip
    told = doctor.lines(report, [], 80)
    assert [line for line in told if len(line) > 80] == ["    " + " ".join(command)]
    assert "no engine would be used: none of podman, docker answers" in told
    column = next(line for line in told if line.startswith("ENGINE")).index("WHAT")
    assert sum(line.startswith(" " * column) for line in told) >= 2
    whole = doctor.lines(report, [])
    assert len(whole) < len(told) and any(len(line) > 160 for line in whole)
