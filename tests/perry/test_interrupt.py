"""SIGINT and SIGTERM: stacks go down where the program asked for it, and nothing happens to them where it did not."""

from __future__ import annotations

import secrets
import signal
import subprocess

import pytest

from tests.engines import image
from tests.perry.root import PROGRAMS, Debian13


def interrupted(root: Debian13, backend: str, project: str, number: int, *arguments: str) -> tuple[int, str]:
    """Status and standard error of a program that is sent a signal once its stack is up."""
    binary = root.compile(PROGRAMS / "interrupted.ts")
    process = subprocess.Popen(
        root.command([binary, backend, project, *arguments]), env=root.environment(backend), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "up\n", process.communicate(timeout=60)[1]
            process.send_signal(number)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    # As a shell tells it: the number of the signal above 128.
    return (128 - process.returncode if process.returncode < 0 else process.returncode), errors


def containers(root: Debian13, backend: str) -> list[str]:
    assert root.engines is not None
    return image.objects(root.engines.engines[backend].socket)["containers"]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stacks_are_taken_down_where_the_program_asked_for_it(root: Debian13, backend: str, number: int, status: int) -> None:
    before = containers(root, backend)
    assert interrupted(root, backend, f"pt{secrets.token_hex(4)}", number) == (status, "")
    assert containers(root, backend) == before


def test_a_program_that_did_not_ask_is_ended_as_ever(root: Debian13) -> None:
    before, project = containers(root, "docker"), f"pt{secrets.token_hex(4)}"
    assert root.engines is not None
    socket = root.engines.engines["docker"].socket
    try:
        assert interrupted(root, "docker", project, signal.SIGINT, "without") == (130, "")
        assert len(containers(root, "docker")) == len(before) + 2
    finally:
        image.remove_project(socket, project)
