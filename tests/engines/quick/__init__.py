"""Programs of Python that start as quickly as those of C: a server has them loaded, and a small client leads to it.

A stand-in is a script whose first line names what runs it: with a C compiler the client and the server's socket, otherwise
Python. Nothing else differs. The server is started with the first script, and ends when this process does, however it does.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_LONGEST_LINE = 120
_SECONDS_TO_END = 20
PLAIN = f"{sys.executable} -IS"


def write(program: Path, code: str) -> None:
    """Makes ``program`` a script that runs ``code``."""
    program.write_text(f"#!{_runner()}\n{code}\n")
    program.chmod(0o755)


@functools.cache
def _runner() -> str:
    """What comes behind ``#!``."""
    compiler = shutil.which("cc")
    if compiler is None:
        return PLAIN
    folder = Path(tempfile.mkdtemp(prefix="quick"))
    atexit.register(_remove, folder, os.getpid())
    client, address = folder / "client", folder / "socket"
    line = f"{client} {address}"
    built = subprocess.run([compiler, "-O1", "-o", client, _HERE / "client.c"], capture_output=True, check=False)
    if built.returncode or len(line) > _LONGEST_LINE:
        return PLAIN
    _serve(address)
    return line


def _serve(address: Path) -> None:
    """Starts the server. Its input is a pipe of this process, so that it knows when that is gone."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen(128)
        argv = [sys.executable, "-IS", _HERE / "server.py", str(listener.fileno()), address.parent]
        server = subprocess.Popen(argv, stdin=subprocess.PIPE, pass_fds=[listener.fileno()], start_new_session=True)
    atexit.register(_end, server, os.getpid())


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # and no fork of it
        shutil.rmtree(folder, ignore_errors=True)


def _end(server: subprocess.Popen[bytes], owner: int) -> None:
    if server.stdin is None or os.getpid() != owner:
        return
    server.stdin.close()
    server.wait(_SECONDS_TO_END)


__all__ = ["PLAIN", "write"]
