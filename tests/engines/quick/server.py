"""The server of the calls: it has the stand-ins loaded, and each call is a fork of it.

A call comes from ``client.c``: the sizes of its words and of its environment, its mask, and the numbers of the files that it was
left open; with them its streams, its folder and these files, then both texts. Whatever byte comes then is a signal for the call; how
the call ended is the answer. A caller that is gone was killed, and so is the call. The server ends when its own input does, that is
with the test session. The folder of its socket goes then, and all that is left of the calls, containers too.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
import importlib
import os
import selectors
import shutil
import signal
import socket
import struct
import sys
import threading
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LOADED = ("tests.engines.nerdctl.command", "tests.engines.apple.program", "tests.engines.apple.processes")
HEAD = struct.Struct("III I4I")
STATUS = struct.Struct("i")
_FILES, _MORE = 4, 4
_ASIDE = 512
"""Above the numbers of all files that a caller passes on."""
PATIENCE = 30.0
"""Seconds for a caller to say what it wants."""
_SUBREAPER = 36
_BROKEN_OUTPUT = 120


class Server:
    """The calls at work: their processes, and where their callers wait."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._callers: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        """Takes calls until the input ends."""
        woken, wakes = socket.socketpair()
        wakes.setblocking(False)
        signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # Without a handler nothing is woken.
        with self._selector:
            for file in (0, self._listener, woken):
                self._selector.register(file, selectors.EVENT_READ)
            while True:
                for key, _ in self._selector.select():
                    if key.fileobj == 0:
                        return
                    if key.fileobj is self._listener:
                        self._take()
                    elif key.fileobj is woken:
                        woken.recv(4096)
                    else:
                        self._hear(key.data)
                self._reap()

    def _take(self) -> None:
        try:
            caller, _ = self._listener.accept()
        except OSError:
            return  # It is gone already.
        caller.settimeout(PATIENCE)
        files: list[int] = []
        try:
            head, files, _, _ = socket.recv_fds(caller, HEAD.size, _FILES + _MORE)
            words, environ, mask, more, *numbers = HEAD.unpack(head)
            text = _exactly(caller, words + environ)
            pid = os.fork()
            if pid == 0:
                _be(files, numbers[:more], text[:words], text[words:], mask)
            with contextlib.suppress(OSError):
                os.setpgid(pid, pid)
            self._callers[pid] = caller
            self._selector.register(caller, selectors.EVENT_READ, pid)
        except (OSError, struct.error):
            caller.close()
        finally:
            for fd in files:
                os.close(fd)

    def _hear(self, pid: int) -> None:
        """A signal for a call, or its caller's end."""
        if (caller := self._callers.get(pid)) is None:
            return
        try:
            data = caller.recv(64)
        except OSError:
            data = b""
        for number in data or [signal.SIGKILL]:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, number)
        if not data:
            self._forget(pid)

    def _forget(self, pid: int) -> socket.socket | None:
        if (caller := self._callers.pop(pid, None)) is not None:
            self._selector.unregister(caller)
        return caller

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if (caller := self._forget(ended[0])) is not None:
                    with caller, contextlib.suppress(OSError):
                        caller.sendall(STATUS.pack(ended[1]))


def _exactly(caller: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        if not (part := caller.recv(size - len(parts))):
            raise ConnectionError("the caller is gone")
        parts += part
    return bytes(parts)


def _be(files: list[int], numbers: list[int], words: bytes, environ: bytes, mask: int) -> None:
    """The call itself, in its own process, which does not return."""
    code = 1
    try:
        _put_on(files, numbers, words, environ, mask)
        code = _script()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        with contextlib.suppress(OSError):  # Whoever called may be gone, and nobody reads it.
            traceback.print_exc()
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        sys.stdout.flush()
    except OSError:
        code = _BROKEN_OUTPUT
    os._exit(code)


def _put_on(files: list[int], numbers: list[int], words: bytes, environ: bytes, mask: int) -> None:
    """Makes of this process what it were if the caller had become Python."""
    os.setpgid(0, 0)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.fchdir(files[3])
    aside = [fcntl.fcntl(fd, fcntl.F_DUPFD, _ASIDE) for fd in (*files[:3], *files[_FILES:])]
    kept = [0, 1, 2, *numbers]
    for number, fd in zip(kept, aside, strict=True):
        os.dup2(fd, number)
    for before, after in zip(kept[2:], (*kept[3:], os.sysconf("SC_OPEN_MAX")), strict=True):
        os.closerange(before + 1, after)
    os.umask(mask)
    os.environ.clear()
    os.environ.update(entry.partition("=")[::2] for entry in _texts(environ) if "=" in entry)
    sys.argv = _texts(words)
    sys.stdin = os.fdopen(0, encoding="utf-8", errors="surrogateescape")
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape")
    sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace")


def _texts(block: bytes) -> list[str]:
    return [os.fsdecode(part) for part in block.split(b"\0")[:-1]]


def _script() -> int:
    """Runs the script; its code, as Python would give it."""
    source = Path(sys.argv[0]).read_bytes()
    try:
        exec(compile(source, sys.argv[0], "exec"), {"__name__": "__main__"})
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            return (error.code or 0) & 0xFF
        print(error.code, file=sys.stderr)
        return 1
    return 0


def _adopt_orphans() -> None:
    """What a call leaves running becomes a child of the server, where the system knows that."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def _end_all() -> None:
    """Kills what is left below the server: new orphans come up until there is none."""
    while children := _children():
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        for pid in children:
            os.waitpid(pid, 0)


def _children() -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except OSError:
        return []


def main(fd: int, folder: str) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.path.insert(0, str(ROOT))
    for name in LOADED:
        importlib.import_module(name)
    _adopt_orphans()
    gc.freeze()
    try:
        Server(socket.socket(fileno=fd)).run()
    finally:
        signal.set_wakeup_fd(-1)
        shutil.rmtree(folder, ignore_errors=True)
        _end_all()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
