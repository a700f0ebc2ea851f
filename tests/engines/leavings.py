"""What engines of the tests leave behind, and its end: processes, mounts, control groups and files, all named by one folder.

A run that is killed cannot take its own away. Its folder names its process, so that the next run does which sees the same processes.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CONTROL_GROUPS = Path("/sys/fs/cgroup")
_PROCESSES = "/proc/self/ns/pid"
_SEEN_FROM = ".processes"
"""In a folder: a link that names the namespace of its process."""
_OURS = {
    "dockerd", "containerd", "containerd-shim", "containerd-shim-runc-v2", "docker-proxy", "podman", "conmon",
    "docker-registry", "aardvark-dns", "sshd",
}  # fmt: skip


def own_folder(prefix: str) -> Path:
    """A fresh folder whose name begins with ``prefix`` and this process; those of processes that are gone are taken away."""
    with _one_at_a_time():
        for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*-*"):
            owner = folder.name.removeprefix(prefix).partition("-")[0]
            if owner.isdigit() and not Path(f"/proc/{owner}").exists() and _is_of(folder, os.readlink(_PROCESSES)):
                _remove(folder)
        made = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-"))
        (made / _SEEN_FROM).symlink_to(os.readlink(_PROCESSES))
        return made


def _is_of(folder: Path, namespace: str) -> bool:
    """Whether the folder was made where the same processes are seen: elsewhere one that lives looks gone."""
    try:
        return os.readlink(folder / _SEEN_FROM) == namespace
    except OSError:
        return True


def remove_folder(folder: Path) -> None:
    """Ends what still runs below the folder, unmounts what is mounted there, removes it, and the control groups of its name.

    A folder that is gone already is nobody's error: the run's own end and the next run may both come to it.
    """
    with _one_at_a_time():
        _remove(folder)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with (Path(tempfile.gettempdir()) / "perry-engines.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove(folder: Path) -> None:
    for process in _processes_of(folder):
        os.kill(process, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while _processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.02)
    for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
        where = line.split()[1].encode().decode("unicode_escape")
        if where.startswith(f"{folder}/"):
            subprocess.run(["umount", "-l", where], check=True)
    if folder.exists():
        shutil.rmtree(folder)
    for group in control_groups(folder):
        _remove_group(group, deadline)


def control_groups(folder: Path) -> list[Path]:
    """The control groups whose name is the folder's, one in each hierarchy."""
    return [found for found in (_CONTROL_GROUPS / folder.name, *_CONTROL_GROUPS.glob(f"*/{folder.name}")) if found.is_dir()]


def _remove_group(group: Path, deadline: float) -> None:
    """With all below it. The kernel has it busy for a moment after its last process has ended."""
    for place, _, _ in os.walk(group, topdown=False):
        while True:
            try:
                os.rmdir(place)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


def _processes_of(folder: Path) -> list[int]:
    """Processes whose command line names the folder: daemons, their shims and monitors."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        program = os.path.basename(words[0]).decode(errors="replace")
        if program in _OURS and any(bytes(folder) in word for word in words):
            found.append(int(entry.name))
    return found
