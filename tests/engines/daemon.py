"""Daemons of the tests: started, waited for, ended, with their words kept for the case that they fail."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class EngineMissing(Exception):
    """An engine or a tool is not installed; the text says how to get it."""


def need(program: str, package: str) -> str:
    """The path of ``program``; EngineMissing if it is not there."""
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise EngineMissing(f"{program} is not installed (Debian: apt install {package})")
    return path


class Daemon:
    """One process with a log file beside its data.

    held: it lives as long as its standard input is open, and so no longer than this process, however that ends.
    leaves: files that it leaves when it is killed, and that keep the next one from starting.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        folder: Path,
        env: Mapping[str, str] | None = None,
        *,
        held: bool = False,
        leaves: Sequence[Path] = (),
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._argv, self._env, self._leaves = list(argv), env, leaves
        self._ready: Callable[[], bool] | None = None
        self._input = subprocess.PIPE if held else subprocess.DEVNULL
        self._mounts: str | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, ready: Callable[[], bool], seconds: float = 60.0) -> None:
        """Starts it and waits until ``ready`` says so. A second time only in the same namespace as the first."""
        here = os.readlink("/proc/thread-self/ns/mnt")
        if (self._mounts or here) != here:
            raise RuntimeError(f"{self.name} was started in {self._mounts}; from {here} nobody would see its mounts")
        self._mounts, self._ready = here, ready
        for left in self._leaves:
            left.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._argv, stdin=self._input, stdout=log, stderr=log, env=self._env, start_new_session=True,
                cwd=self.log.parent,  # Podman's monitor leaves a file where it is when memory runs out.
            )  # fmt: skip
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self.name} did not start:\n{self._last_words()}")
            time.sleep(0.01)

    def revive(self) -> str | None:
        """Starts it again where it was started once and does not run; how it ended, ``None`` where it lives or never did.

        Podman's status is 0 after SIGTERM and 1 after SIGINT, to whichever of its threads, and it takes its socket away; a crash
        of its own is 2 with words, SIGKILL -9, and both leave the socket.
        """
        if self._ready is None or (self.process is not None and self.process.poll() is None):
            return None
        code = None if self.process is None else self.process.returncode
        said = f"{self.name} had ended ({'it did not start' if code is None else f'status {code}'}): {self._last_words()}"
        self.stop()
        self.start(self._ready)
        return said

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]

    def stop(self, number: int = signal.SIGTERM, seconds: float = 30.0) -> None:
        """Ends it by a signal, or by its standard input; by force after ``seconds``. Idempotent."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.poll() is None:
            if process.stdin is None:
                process.send_signal(number)
            else:
                process.stdin.close()
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()


class UnixConnection(http.client.HTTPConnection):
    """http.client on a unix socket."""

    def __init__(self, path: str, timeout: float = 60.0) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def ask(
    path: str, method: str, target: str, body: bytes | None = None, kind: str = "application/json", seconds: float = 60.0
) -> tuple[int, bytes]:
    """One request to an engine, apart from the library under test. OSError where nothing comes for ``seconds``."""
    connection = UnixConnection(path, seconds)
    try:
        # An engine that refuses a long body answers without reading the rest of it.
        with contextlib.suppress(BrokenPipeError):
            connection.request(method, target, body, {"Content-Type": kind} if body is not None else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def answers(path: str) -> bool:
    """Whether an engine lives behind the socket."""
    try:
        return ask(path, "GET", "/_ping")[0] == 200
    except OSError:
        return False


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something takes connections at a port, of the loopback or of another address."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
