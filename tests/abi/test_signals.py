"""SIGINT and SIGTERM of a host that called js_container_module_init."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.library import PROGRAMS, Host

pytestmark = pytest.mark.abi

SIGNALS = [signal.SIGINT, signal.SIGTERM]
WITH_ARGUMENTS = {"waits", "dies_after_the_shutdown", "shuts_down", "brings_up"}


def cases() -> list[str]:
    names = re.findall(r"^CASE\((\w+)\)", (PROGRAMS / "signals.c").read_text(), re.M)
    assert set(names) > WITH_ARGUMENTS
    return [name for name in names if name not in WITH_ARGUMENTS]


@pytest.mark.parametrize("case", cases())
def test_case(probe_host: Host, case: str) -> None:
    probe_host.passes("signals", case)


def test_the_environment_can_forbid_it(plain_probe_host: Host) -> None:
    plain_probe_host.passes("signals", "nothing_without_it", PERRY_NO_DEFAULT_SIGINT_CLEANUP="1")
    with waiting(plain_probe_host, "waits", "pause", PERRY_NO_DEFAULT_SIGINT_CLEANUP="1") as process:
        process.send_signal(signal.SIGTERM)
        assert ended(process) == (-signal.SIGTERM, b"")


@contextmanager
def waiting(host: Host, *arguments: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """The program, once it has said that it is ready; killed if the test leaves it."""
    with subprocess.Popen(
        [str(host.program("signals")), *arguments],
        env=host.environment(**env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    """The status, and what was printed after "ready"; the library itself prints nothing."""
    assert process.stdout is not None and process.stderr is not None
    status = process.wait(120)
    assert process.stderr.read() == b""
    return status, process.stdout.read()


def leave(process: subprocess.Popen[bytes]) -> None:
    """Has the host return from main."""
    assert process.stdin is not None
    process.stdin.close()


@pytest.mark.parametrize("how", ["wait", "read", "pause"])
@pytest.mark.parametrize("number", SIGNALS, ids=lambda s: s.name)
def test_the_process_ends_with_the_signal_s_status(probe_host: Host, number: signal.Signals, how: str) -> None:
    """Through exit: what the host registered runs, what it buffered is written. No promise settles meanwhile."""
    with waiting(probe_host, "waits", how, "tidy:0.3") as process:
        process.send_signal(number)
        assert ended(process) == (128 + number, b"atexit\nbuffered ")


def test_a_host_that_leaves_meanwhile_waits_for_the_clean_up(probe_host: Host) -> None:
    """It returns from main; its own status stands."""
    with waiting(probe_host, "waits", "return", "tidy:4") as process:
        process.send_signal(signal.SIGINT)
        leave(process)
        assert ended(process) == (0, b"atexit\nbuffered ")


@pytest.mark.parametrize("second", SIGNALS, ids=lambda s: s.name)
def test_a_second_signal_ends_it_at_once(probe_host: Host, second: signal.Signals) -> None:
    with waiting(probe_host, "waits", "pause", "deaf") as process:
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(second)
        assert ended(process) == (-second, b"")


def test_a_second_signal_ends_a_host_that_waits_in_exit(probe_host: Host) -> None:
    with waiting(probe_host, "waits", "return", "deaf") as process:
        process.send_signal(signal.SIGINT)
        leave(process)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGTERM)
        assert ended(process) == (-signal.SIGTERM, b"")


def test_after_the_shutdown_the_process_dies_by_the_signal(probe_host: Host) -> None:
    ran = probe_host.run("signals", "dies_after_the_shutdown")
    assert (ran.status, ran.out, ran.err) == (-signal.SIGTERM, "", "")


def test_a_signal_during_the_shutdown_ends_the_process_after_it(probe_host: Host) -> None:
    with waiting(probe_host, "shuts_down", "tidy:1") as process:
        process.send_signal(signal.SIGTERM)
        assert ended(process) == (128 + signal.SIGTERM, b"")
