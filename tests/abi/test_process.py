"""How a process with the library ends, and how signals reach it."""

from __future__ import annotations

import random
import signal
import subprocess

import pytest

from tests.support.library import Host

pytestmark = pytest.mark.abi

LOADS = ["start", "flood", "hang", "spin", "spawn", "models"]
WAYS = ["exit", "callback", "shutdown"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("load", LOADS)
def test_ends_with_its_own_status_while_work_is_in_flight(plain_probe_host: Host, load: str, way: str) -> None:
    """Return from main, exit() in a callback, an abandoned shutdown: at moments from start-up to busy."""
    if (load, way) == ("hang", "callback"):
        load = "start"
    moments = random.Random(f"{load} {way}")
    for _ in range(8):
        moment = str(moments.randrange(0, 120_000))
        ran = plain_probe_host.run("exiting", "leaves", load, way, moment, timeout=60)
        assert (ran.status, ran.out, ran.err) == (7, "", ""), f"at {moment} us"


@pytest.mark.parametrize("load", LOADS)
def test_ends_cleanly_under_the_sanitizers(sanitized_probe_host: Host, load: str) -> None:
    for moment in ("100", "60000", "300000"):
        ran = sanitized_probe_host.run("exiting", "leaves", load, "exit", moment, timeout=60)
        assert (ran.status, ran.err) == (7, ""), f"at {moment} us"


def _defaults() -> None:
    """A shell has what it starts in the background ignore SIGINT, and nohup SIGHUP: not what is tested here."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _worker(host: Host, *arguments: str) -> subprocess.Popen[bytes]:
    command = [str(host.program("exiting")), "works_forever", *arguments]
    process = subprocess.Popen(
        command, env=host.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        preexec_fn=_defaults,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda s: s.name)
def test_a_signal_ends_the_process_as_ever(plain_probe_host: Host, number: signal.Signals) -> None:
    with _worker(plain_probe_host) as process:
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (-number, b"")


def test_a_handler_of_the_host_is_called(plain_probe_host: Host) -> None:
    with _worker(plain_probe_host, "own") as process:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 21
