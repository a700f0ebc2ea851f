"""The commands of the Makefile and the scripts behind them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.live import peer
from tests.support import cosign

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = [*sorted((ROOT / "scripts").glob("*.sh")), ROOT / ".ci/run"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_well_formed(script: Path) -> None:
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_lists_every_command() -> None:
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets is not None
    printed = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert re.findall(r"^  make ([\w-]+)", printed, re.MULTILINE) == targets[1].split()


def test_clean_leaves_nothing_that_the_commands_make(tmp_path: Path) -> None:
    """That is what git is told of by its place, and folders of caches wherever they are."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    made = []
    for folder in (".", "packages/perry-container"):
        rows = (ROOT / folder / ".gitignore").read_text().split()
        made += [
            tmp_path / folder / row.strip("/") / ("file" * row.endswith("/")) for row in rows if "/" in row and "*" not in row
        ]
    made.append(tmp_path / "src/perry_ffi/model/__pycache__/a.pyc")
    sources = tmp_path / "src/perry_ffi/interpreter/tables.py"
    for path in (*made, sources):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    subprocess.run(["make", "clean"], cwd=tmp_path, check=True, env=bare())
    assert len(made) > 10 and {path for path in tmp_path.rglob("*") if path.is_file()} == {tmp_path / "Makefile", sources}


def test_packages_are_asked_for_only_where_the_command_is_missing() -> None:
    code = "source scripts/common.sh; packages_for bash:never no-such-command:wanted /:never /no/such/file:also"
    done = subprocess.run(["bash", "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["wanted", "also"]


def bare(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("MAKE")} | more


@pytest.mark.parametrize("failing", ["check", "test", "test-newest", "nothing"])
def test_ci_runs_the_checks_and_the_tests_and_hands_their_status_on(tmp_path: Path, failing: str) -> None:
    """What fails, and what ends without a closing line: the last line and the status tell of it, whichever part it is."""
    for name in (".ci/run", "scripts/closing-line.sh"):
        (tmp_path / name).parent.mkdir()
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "Makefile").write_text(
        'check test test-newest:\n\t@echo "$@: CI is $$CI"; '
        f'test $@ != {failing} || exit 7; test $@ = check || echo "=== 5 passed in 1.50s ==="\n.PHONY: check test test-newest\n'
    )
    done = subprocess.run(["bash", tmp_path / ".ci/run"], env=bare(), capture_output=True, text=True)
    assert done.returncode == (0 if failing == "nothing" else 2), "make's own status for a command that failed"
    lines = done.stdout.splitlines()
    assert [line for line in lines if "CI is" in line] == [f"{part}: CI is true" for part in ("check", "test", "test-newest")]
    said = {"nothing": "10 passed in 3.00s", "check": "10 passed, 1 error in 3.00s"}.get(failing, "5 passed, 1 error in 1.50s")
    assert said in lines[-1]


def closing_line(tmp_path: Path, status: int, *logs: str) -> str:
    paths = [tmp_path / str(number) for number in range(len(logs))]
    for path, log in zip(paths, logs, strict=True):
        path.write_text(log)
    done = subprocess.run([ROOT / "scripts/closing-line.sh", str(status), *paths], check=True, capture_output=True, text=True)
    return done.stdout.strip(" =\n")


def test_the_closing_line_of_several_runs(tmp_path: Path) -> None:
    first = "=== short test summary info ===\nFAILED a\n=== 1 failed, 4200 passed, 1 warning, 2 rerun in 1700.12s (0:28:20) ===\nmake: *** Error 1\n"
    second = "== 310 passed, 3 skipped, 2 errors in 600.50s (0:10:00) ==\n"
    whole = "1 failed, 4510 passed, 3 skipped, 1 warning, 2 errors, 2 rerun in 2300.62s (0:38:20)"
    assert closing_line(tmp_path, 2, first, second) == whole
    assert closing_line(tmp_path, 0, "== 1 passed in 0.50s ==\n") == "1 passed in 0.50s (0:00:00)"
    assert closing_line(tmp_path, 0, "== 1 passed in 0.50s ==\n", "killed\n").startswith("1 passed, 1 error in")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be another user")
@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)])
def test_newest_engines_that_cannot_be_had(tmp_path: Path, ci: str, status: int) -> None:
    """Skipped on somebody's machine, with the reason; where all has to be there it is a failure that says how."""
    (tmp_path / "scripts").mkdir()
    for name in ("common.sh", "test-newest.sh"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
    for name, text in (("build.sh", "exit 0"), ("newer-engines.sh", "echo making; echo no root: get a mirror >&2; exit 1")):
        (tmp_path / "scripts" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "scripts" / name).chmod(0o755)
    done = subprocess.run(["bash", tmp_path / "scripts/test-newest.sh"], env=bare(CI=ci), capture_output=True, text=True)
    assert done.returncode == status and "no root: get a mirror" in done.stderr
    assert ("1 skipped in 0.00s" in done.stdout) is (status == 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as the command does")
@pytest.mark.parametrize(
    ("given", "whole"),
    [
        ([], True), (["-x", "-k", "scripts"], True), (["--ignore", "tests/live/test_a.py"], True), (["--ignore=tests/live/test_a.py"], True),
        (["--deselect", "tests/live/test_a.py::test_b"], True), (["tests/live/test_a.py"], False), (["-x", "./tests/live"], False),
        (["--ignore", "tests/live/test_a.py", "tests/live/test_a.py::test_b"], False),
    ],
)  # fmt: skip
def test_the_tests_of_a_row_are_the_live_ones_where_no_argument_names_others(
    tmp_path: Path, given: list[str], whole: bool
) -> None:
    """A path that belongs to an option names no tests to run."""
    for name in ("common.sh", "test-engines.sh"):
        (tmp_path / "scripts").mkdir(exist_ok=True)
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
    (tmp_path / "tests/live").mkdir(parents=True)
    (tmp_path / "tests/live/test_a.py").touch()
    for name, text in (
        ("scripts/build.sh", "exit 0"), (".venv/bin/python", 'echo "$@"; echo "=== 1 passed in 0.10s ==="'),
        ("bin/dockerd", "echo Docker version 20.10"),
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    env = bare(ENGINES="docker@machine", PATH=f"{tmp_path}/bin:{os.environ['PATH']}")
    done = subprocess.run(["bash", tmp_path / "scripts/test-engines.sh", *given], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    log = (tmp_path / ".cache/engines/docker@machine.log").read_text()
    (asked,) = [line for line in log.splitlines() if "-m pytest" in line]
    assert asked.endswith(" ".join(["or not podman", *(["tests/live"] if whole else []), *given]))


def test_what_a_root_has_an_empty_place_for_is_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A root of other engines keeps the files that something was bound to; where nothing is, they are empty."""
    for name in ("cosign-sid", "docker-compose"):
        (tmp_path / name).touch()
    monkeypatch.setenv("PERRY_TEST_CACHE", str(tmp_path))
    monkeypatch.setattr(cosign, "_SCRIPT", Path("/bin/false"))
    monkeypatch.setattr(peer, "_CACHE", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PERRY_TEST_DOCKER_COMPOSE", raising=False)
    assert cosign.program.__wrapped__(3) is None and peer.peer_command.__wrapped__() is None


def test_docker_compose_is_the_one_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the user's own and the one of the tests; where it is not there, or is too old, no other one is taken for it."""
    for place, version in (("docker-compose", "2.41.0"), ("named", "5.7.1"), ("old", "2.39.9")):
        (tmp_path / place).write_text(f"#!/bin/sh\necho v{version}\n")
        (tmp_path / place).chmod(0o755)
    monkeypatch.setattr(peer, "_CACHE", tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for name, found in (("named", [str(tmp_path / "named")]), ("old", None), ("nosuch", None)):
        monkeypatch.setenv("PERRY_TEST_DOCKER_COMPOSE", str(tmp_path / name))
        assert peer.peer_command.__wrapped__() == found
    monkeypatch.setenv("PERRY_TEST_DOCKER_COMPOSE", "named")
    monkeypatch.chdir(tmp_path)
    assert peer.peer_command.__wrapped__() == [str(tmp_path / "named")]
    monkeypatch.setenv("PERRY_TEST_DOCKER_COMPOSE", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert peer.peer_command.__wrapped__() == [str(tmp_path / "docker-compose")]
