"""A network and a run folder of the tests' own: engines set up bridges, filters and name servers there.

The calling thread moves; threads and programs it starts afterwards are in there with it. Unix sockets are reachable
from both sides, TCP ports are not. Files are the machine's, but for what is mounted meanwhile, and for the folder where
every podman of a machine keeps the name servers of its networks.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CLONE_FS = 0x00000200
CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000

FORWARDING = (Path("/proc/sys/net/ipv4/ip_forward"), Path("/proc/sys/net/ipv6/conf/all/forwarding"))
SHARED_BY_PODMANS = "/run/containers"


@contextmanager
def own_network() -> Iterator[None]:
    """Moves this thread into a fresh network namespace with a loopback, and back at the end. Needs root.

    What still runs in there at the end, a name server that lost its podman, say, is ended.
    """
    here = os.getcwd()
    before = {kind: os.open(f"/proc/thread-self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in ("net", "mnt")}
    try:
        _call("unshare", CLONE_NEWNET | CLONE_NEWNS)
        try:
            subprocess.run(["mount", "--make-rprivate", "/"], check=True)
            os.makedirs(SHARED_BY_PODMANS, exist_ok=True)
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", SHARED_BY_PODMANS], check=True)
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            _forward()
            yield
        finally:
            _end_what_runs_here()
            _call("setns", before["net"], CLONE_NEWNET)
            # A thread that shares its folders with others cannot change its mounts, and lands in the root when it does.
            _call("unshare", CLONE_FS)
            _call("setns", before["mnt"], CLONE_NEWNS)
            os.chdir(here)
    finally:
        for descriptor in before.values():
            os.close(descriptor)


def _forward() -> None:
    """Packets are forwarded. A dockerd that turns that on itself drops all that it did not allow: a podman's beside it, too."""
    for setting in FORWARDING:
        with suppress(OSError):
            setting.write_text("1")


def _call(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{name}{arguments}")


def _end_what_runs_here() -> None:
    """Ends the other programs in this network whose parent is gone: nobody else will."""
    ours = os.readlink("/proc/thread-self/ns/net")
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            process = int(entry.name) if entry.name.isdigit() else os.getpid()
            if process != os.getpid() and os.readlink(entry / "ns/net") == ours and _parent(entry) == 1:
                os.kill(process, signal.SIGKILL)


def _parent(process: Path) -> int:
    return int((process / "stat").read_text().rpartition(")")[2].split()[1])
