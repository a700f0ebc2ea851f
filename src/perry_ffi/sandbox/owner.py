"""Which process a sandbox belongs to, in words that another process of the same machine can check (proc(5))."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")


def this_process(proc: Path = _PROC) -> str:
    """Boot, PID namespace, PID and start time of this process; a PID alone is given to others again."""
    pid = os.getpid()
    return ".".join((_boot(proc), _namespace(proc), str(pid), _started(proc, pid) or "0"))


def is_dead(owner: str, proc: Path = _PROC) -> bool:
    """Whether the process is known to have ended: one of an earlier boot, of another machine or namespace nobody here can see."""
    parts = owner.split(".")
    if len(parts) != 4 or not parts[2].isdecimal() or parts[:2] != [_boot(proc), _namespace(proc)]:
        return False
    return _started(proc, int(parts[2])) != parts[3]


def _boot(proc: Path) -> str:
    try:
        return (proc / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "unknown"


def _namespace(proc: Path) -> str:
    """Containers that share an engine's socket have a machine's boot in common, and not its processes."""
    try:
        return str((proc / "self/ns/pid").stat().st_ino)
    except OSError:
        return "unknown"


def _started(proc: Path, pid: int) -> str | None:
    """The 22nd member of stat, in ticks since the boot; None where there is no such process, or only what is left of it."""
    try:
        members = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if members[0] in "ZX" else members[19]


__all__ = ["is_dead", "this_process"]
