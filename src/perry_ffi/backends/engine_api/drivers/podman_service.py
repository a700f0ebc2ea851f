"""Podman's API service, started when it is needed and ended by itself when it is not.

The socket lies in a directory that only this user can enter, shared by the user's processes; each
process's service has a socket of its own. The service ends ``IDLE_SECONDS`` after its last
connection, the next call starts it again, and ``aclose`` ends it at once.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import signal
import socket
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import IO

import anyio

from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.errors import BackendNotAvailable
from perry_ffi.net.byte_stream import ByteStream
from perry_ffi.process.program import Program, find_program, reap
from perry_ffi.settings import Settings

IDLE_SECONDS = 60
START_SECONDS = 20.0
STOP_SECONDS = 5.0
_GONE = (errno.ENOENT, errno.ECONNREFUSED, errno.ENOTDIR)


class PodmanService:
    """A service of this process's own. Use from the tasks of one event loop."""

    def __init__(self, program: str, settings: Settings, *, idle_seconds: int = IDLE_SECONDS) -> None:
        self._program = program
        self._environ = {name: value for name, value in (settings.environ or {}).items() if not name.startswith("LISTEN_")}
        self._idle_seconds = idle_seconds
        self._directory = private_directory(settings)
        self.endpoint = Endpoint.unix(self._directory / f"podman-{os.getpid()}-{secrets.token_hex(6)}.sock")
        self._starting = anyio.Lock()
        self._process: Program | None = None
        self._said: IO[bytes] | None = None
        self._closed = False

    @classmethod
    def find(cls, settings: Settings) -> PodmanService | None:
        """The service of the podman that is installed; None if there is none."""
        program = find_program("podman", settings.search_path)
        return cls(program, settings) if program else None

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._process.pid if self._process is not None and self._process.running else None

    async def connect(self) -> ByteStream:
        """A connection to the service, which is started if it does not run. Raises OSError, BackendNotAvailable."""
        try:
            return await self.endpoint.connect()
        except OSError as error:
            if error.errno not in _GONE or self._closed:
                raise
        async with self._starting:
            # Somebody else may have started it while this one waited.
            with contextlib.suppress(OSError):
                return await self.endpoint.connect()
            return await self._start()

    async def _start(self) -> ByteStream:
        await self._end()
        self._directory.mkdir(mode=0o700, exist_ok=True)
        _sweep(self._directory)
        argv = [self._program, "--log-level=error", "system", "service", f"--time={self._idle_seconds}"]
        said = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the service
        try:
            process = await Program.start(
                [*argv, str(self.endpoint)],
                env=self._environ, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
            )  # fmt: skip
        except OSError as error:
            said.close()
            raise self._failed(error.strerror or "it cannot be executed") from error
        self._process, self._said = process, said
        try:
            with anyio.fail_after(START_SECONDS):
                return await self._first_connection(process)
        except TimeoutError:
            await self._end()
            raise self._failed(f"it was not ready within {START_SECONDS:g} s") from None

    async def _first_connection(self, process: Program) -> ByteStream:
        while process.running:
            try:
                return await self.endpoint.connect()
            except OSError as error:
                if error.errno not in _GONE:
                    raise
            await anyio.sleep(0.01)
        raise self._failed(f"it ended with exit code {process.returncode}: {self._last_words()}")

    def _last_words(self) -> str:
        assert self._said is not None
        size = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, size - 1000))
        return self._said.read().decode("utf-8", "replace").strip()

    def _failed(self, reason: str) -> BackendNotAvailable:
        return BackendNotAvailable(
            f"podman's service does not start: {reason}", backend="podman", reason=reason,
            remedy="run 'podman info' to see what is wrong with podman",
        )  # fmt: skip

    async def aclose(self) -> None:
        """Ends the service and takes its socket away. Idempotent."""
        self._closed = True
        await self._end()
        with contextlib.suppress(OSError):
            self._directory.rmdir()

    async def _end(self) -> None:
        process, self._process = self._process, None
        with anyio.CancelScope(shield=True):
            if process is not None:
                await _terminate(process)
            if self._said is not None:
                self._said.close()
                self._said = None
            with contextlib.suppress(OSError):
                os.unlink(str(self.endpoint.path))


async def _terminate(process: Program) -> None:
    process.send_signal(signal.SIGTERM)
    with anyio.move_on_after(STOP_SECONDS):
        await process.ended()
    await reap(process)


def _sweep(directory: Path) -> None:
    """Takes away sockets that nobody listens on any more, of processes that are gone: both were killed."""
    for path in directory.glob("podman-*-*.sock"):
        if Path("/proc", path.name.split("-")[1]).exists():
            continue
        with socket.socket(socket.AF_UNIX) as knock, contextlib.suppress(OSError):
            knock.setblocking(False)
            try:
                knock.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()


def private_directory(settings: Settings) -> Path:
    """A directory of this user's own with mode 0700, short enough for a socket's path.

    Below ``$XDG_RUNTIME_DIR``, else ``/run`` (root) or the directory for temporary files. Raises
    BackendNotAvailable if something of somebody else's is in its place.
    """
    user = os.getuid()
    if settings.runtime_dir is not None and settings.runtime_dir.is_dir():
        path = settings.runtime_dir / "perry-container"
    elif user == 0:
        path = Path("/run/perry-container")
    else:
        path = Path(tempfile.gettempdir()) / f"perry-container-{user}"
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        status = path.lstat()
    except OSError as error:
        raise _unusable(path, error.strerror or "it cannot be made") from error
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != user or status.st_mode & 0o077:
        raise _unusable(path, "it is not a private directory of this user")
    return path


def _unusable(path: Path, why: str) -> BackendNotAvailable:
    return BackendNotAvailable(
        f"{path}: no place for podman's socket: {why}", backend="podman", reason=f"{path}: {why}",
        remedy=f"remove {path}, or set XDG_RUNTIME_DIR to a directory of your own",
    )  # fmt: skip
