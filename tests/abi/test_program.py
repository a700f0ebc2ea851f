"""``perry_container_main``: perry-compose inside a host, which goes on."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import library as lib
from tests.support.library import PROGRAMS, Host

pytestmark = pytest.mark.abi

WITH_ARGUMENTS = {"runs", "is_interrupted", "a_shutdown_interrupts_it"}
COMPOSE = "services:\n  web: {image: nginx, environment: {A: 'ä'}}\n"


def cases() -> list[str]:
    names = re.findall(r"^CASE\((\w+)\)", (PROGRAMS / "program.c").read_text(), re.M)
    assert set(names) > WITH_ARGUMENTS
    return [name for name in names if name not in WITH_ARGUMENTS]


@pytest.mark.parametrize("case", cases())
def test_case(probe_host: Host, case: str) -> None:
    probe_host.passes("program", case)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        "",
        "version",
        "version --short",
        "--help",
        "up --help",
        "--nonsense",
        "config",
        "-f none.yaml config",
        "ps",
        "config --hash *",
    ],
)
def test_it_says_what_the_program_says(plain_host: Host, folder: Path, words: str) -> None:
    if words in ("", "--help", "up --help") and lib.carries(plain_host.library):
        pytest.skip("Python in the static form is of another version, which lays helps out in another way")
    hosted = plain_host.run("program", "runs", "perry-compose", *words.split(), cwd=folder)
    alone = lib.run([sys.executable, "-m", "perry_ffi.cli", *words.split()], lib.clean_environment(), cwd=folder)
    assert hosted == alone


def test_words_that_are_no_text(plain_host: Host, folder: Path) -> None:
    """Names of files are bytes."""
    odd = folder / "\udcff.yaml"
    odd.write_text(COMPOSE, encoding="utf-8")
    found = plain_host.run("program", "runs", "perry-compose", "-f", str(odd), "config", "--services")
    assert (found.status, found.out) == (0, "web\n")


def test_standard_input_is_read(plain_host: Host, folder: Path) -> None:
    command = [plain_host.program("program"), "runs", "perry-compose", "-f", "-", "config", "--services"]
    done = subprocess.run(command, env=plain_host.environment(), cwd=folder, input=COMPOSE.encode(), capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"web\n", b"")


def test_a_reader_that_has_gone_does_not_end_the_host(plain_host: Host, folder: Path) -> None:
    command = [str(plain_host.program("program")), "runs", "perry-compose", "config"]
    with subprocess.Popen(command, env=plain_host.environment(), cwd=folder, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(60) == 1


@contextmanager
def deaf_engine(folder: Path) -> Iterator[tuple[str, threading.Event]]:
    """An address where a connection is taken, and nothing is ever said; and whether one has been."""
    path, asked = folder / "deaf.sock", threading.Event()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def take() -> None:
            taken = []
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return
                asked.set()

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        try:
            yield f"unix://{path}", asked
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_shutdown_interrupts_it(probe_host: Host, folder: Path) -> None:
    with deaf_engine(folder) as (address, _):
        ran = probe_host.run("program", "a_shutdown_interrupts_it", cwd=folder, DOCKER_HOST=address)
    assert ran == lib.Ran(0, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_interrupts_the_program_and_not_the_host(probe_host: Host, folder: Path, number: signal.Signals) -> None:
    with deaf_engine(folder) as (address, asked):
        command = [str(probe_host.program("program")), "is_interrupted", "ps"]
        env = probe_host.environment(DOCKER_HOST=address)
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=env, cwd=folder, stdout=pipe, stderr=pipe, text=True) as process:
            assert asked.wait(60)
            process.send_signal(number)
            out, said = process.communicate(timeout=60)
    assert (process.returncode, out, said) == (0, f"{128 + number}\n", "")


HOST = """
import ctypes, os, sys
library = ctypes.CDLL(sys.argv[1])
def main(*words):
    words = [b"perry-compose", *words]
    return library.perry_container_main(len(words), (ctypes.c_char_p * (len(words) + 1))(*words, None))
print("before", flush=True)
assert main(b"version") == 0
before = sys.stdout, sys.stderr
assert main(b"--nonsense") == 2
assert (sys.stdout, sys.stderr) == before
print("after")
"""


def test_a_host_that_is_python(plain_host: Host) -> None:
    ran = lib.run([sys.executable, "-c", HOST, plain_host.library], plain_host.environment())
    assert ran.status == 0, ran.err
    assert re.fullmatch(r"before\nperry-compose version \S+\nafter\n", ran.out)
    assert "unknown flag: --nonsense" in ran.err


def test_a_library_that_cannot_start_is_told_of(plain_host: Host, tmp_path: Path) -> None:
    lib.needs_packages_on_disk("its packages cannot be taken away")
    broken = lib.copy_library(plain_host.library, tmp_path, replace={"bridge/entry.py": "raise ImportError('broken')"})
    ran = plain_host.at(broken).run("program", "runs", "perry-compose", "version")
    assert (ran.status, ran.out) == (1, "") and ran.err.startswith("perry-compose: ") and "broken" in ran.err
