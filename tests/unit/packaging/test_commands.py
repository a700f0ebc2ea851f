"""The commands of the Makefile and the scripts behind them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

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


def test_packages_are_asked_for_only_where_the_command_is_missing() -> None:
    code = "source scripts/common.sh; packages_for bash:never no-such-command:wanted /:never /no/such/file:also"
    done = subprocess.run(["bash", "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["wanted", "also"]


@pytest.mark.parametrize("failing", ["check", "test"])
def test_ci_runs_the_checks_and_the_tests_and_hands_their_status_on(tmp_path: Path, failing: str) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci/run").write_bytes((ROOT / ".ci/run").read_bytes())
    (tmp_path / "Makefile").write_text(
        f'check test:\n\t@echo "$@: CI is $$CI"; test $@ != {failing} || exit 7\n.PHONY: check test\n'
    )
    environ = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("MAKE")}
    done = subprocess.run(["bash", tmp_path / ".ci/run"], env=environ, capture_output=True, text=True)
    assert done.returncode == 2, "make's own status for a command that failed"
    assert done.stdout.splitlines() == ["check: CI is true", "test: CI is true"]
