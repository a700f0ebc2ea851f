"""Hosts that are Debian's own Pythons, the stable one and the newest, in roots with nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.abi.test_python_hosts import ENDS
from tests.static import test_hosts as hosts
from tests.support import library as lib

pytestmark = hosts.pytestmark

SUITES = ("trixie", "testing")
LOOKS = (
    hosts.test_it_answers_in_every_python,
    hosts.test_nothing_of_the_host_changes,
    hosts.test_threads_callbacks_and_a_fork,
    hosts.test_a_loop_of_the_host_waits_for_promises,
)


@pytest.fixture(scope="module", params=SUITES)
def python(request: pytest.FixtureRequest, static_probe: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A program that is the Python of such a root, in which what the tests read lies where it does here."""
    if os.geteuid():
        pytest.skip("needs root, for debootstrap and chroot")
    command = [lib.ROOT / "scripts/bare-root.sh", request.param, "python3"]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no root of {request.param}: {made.stderr.splitlines()[-1:]}")
    root = Path(made.stdout.strip())
    for path in (static_probe, Path(lib.__file__).with_name("native.py")):
        inside = root / path.relative_to("/")
        inside.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, inside)
    program = tmp_path_factory.mktemp(request.param) / "python3"
    program.write_text(f'#!/bin/sh\nexec /usr/sbin/chroot {root} /usr/bin/python3 "$@"\n')
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.__name__.removeprefix("test_"))
def test_as_in_other_hosts(python: str, static_probe: Path, look: Callable[[Path, str], None]) -> None:
    look(static_probe, python)


@pytest.mark.parametrize("way", ENDS)
def test_the_host_ends_with_work_in_flight(python: str, static_probe: Path, way: str) -> None:
    hosts.test_the_host_ends_with_work_in_flight(static_probe, python, way)
