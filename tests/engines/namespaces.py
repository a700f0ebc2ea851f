"""Processes in namespaces of their own: what the kernel offers to root, and to others in a user namespace."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

NEWNS, NEWUTS, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x10000000, 0x20000000, 0x40000000
_BIND, _REC, _PRIVATE, _REMOUNT, _RDONLY = 4096, 16384, 1 << 18, 32, 1
_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def unshare(*, processes_of: int = 0) -> None:
    """Own mounts, own names, and own processes for the children; as another than root, in an own user namespace.

    processes_of: a process among whose own the children are to be.
    """
    uid, gid = os.geteuid(), os.getegid()
    if processes_of:
        _join(processes_of, (("user", NEWUSER), ("pid", NEWPID)))
    own = NEWUSER | NEWPID if uid else NEWPID
    _checked(_libc.unshare(NEWNS | NEWUTS | (0 if processes_of else own)), "unshare")
    uid = 0 if processes_of else uid
    if uid:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    _checked(_libc.mount(None, b"/", None, _REC | _PRIVATE, None), "mount")


def own_network() -> None:
    """A network of its own, with nothing on it."""
    _checked(_libc.unshare(NEWNET), "unshare")


def can_isolate() -> bool:
    """Whether this user may have namespaces here."""
    pid = os.fork()
    if pid == 0:
        try:
            unshare()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def bind(source: Path, target: Path, *, read_only: bool = False) -> None:
    """A mount of ``source`` at ``target``, which is made."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(exist_ok=True)
    _checked(_libc.mount(bytes(source), bytes(target), None, _BIND | _REC, None), f"mount {source}")
    if read_only:
        only_to_be_read(target)


def only_to_be_read(target: Path) -> None:
    """A mount that can be written to no more; what is mounted below it can."""
    _checked(_libc.mount(None, bytes(target), None, _BIND | _REMOUNT | _RDONLY, None), f"mount {target}")


def mount(kind: str, target: Path, options: str = "") -> None:
    """A file system without a source."""
    target.mkdir(parents=True, exist_ok=True)
    _checked(_libc.mount(kind.encode(), bytes(target), kind.encode(), 0, options.encode() or None), f"mount {kind}")


def devices(folder: Path) -> None:
    """The devices that every container has, and those of its own descriptors. A shell's job in the background reads ``null``."""
    mount("tmpfs", folder, "mode=755")
    for name in ("null", "zero", "full", "random", "urandom"):
        bind(Path("/dev") / name, folder / name)
    for name, target in {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}.items():
        (folder / name).symlink_to(f"/proc/self/fd{target}")


def host_name(name: str) -> None:
    socket.sethostname(name)


def _join(pid: int, kinds: Sequence[tuple[str, int]]) -> None:
    files = [(os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY), flag) for kind, flag in kinds if kind != "user" or os.geteuid()]
    for fd, flag in files:
        _checked(_libc.setns(fd, flag), "setns")
        os.close(fd)


def enter(pid: int, root: Path) -> None:
    """Goes to where the process ``pid`` is; processes that are started then are in its namespace of processes."""
    _join(pid, (("user", NEWUSER), ("net", NEWNET), ("pid", NEWPID), ("uts", NEWUTS), ("mnt", NEWNS)))
    os.chroot(root)
    os.chdir("/")


def execute(argv: Sequence[str], env: Mapping[str, str], workdir: str, user: str) -> int:
    """Becomes the program; what a shell would end with where it cannot, its words being on the error output."""
    try:
        os.makedirs(workdir or "/", exist_ok=True)
        os.chdir(workdir or "/")
        uid, _, gid = user.partition(":")
        if uid.isdecimal() and int(uid) and os.geteuid() == 0:
            os.setgroups([])
            os.setgid(int(gid) if gid.isdecimal() else int(uid))
            os.setuid(int(uid))
        os.execvpe(argv[0], list(argv), dict(env))
    except OSError as error:
        return 127 if error.errno == 2 else 126


def find(argv0: str, path: str, root: Path) -> str:
    """Why a program cannot be started, as runc says it; empty where it can."""
    if "/" in argv0:
        place = root / argv0.lstrip("/")
        if place.is_dir():
            return f'exec: "{argv0}": is a directory'
        if not os.path.lexists(place):
            return f'exec: "{argv0}": stat {argv0}: no such file or directory'
        return "" if place.is_symlink() or os.access(place, os.X_OK) else f'exec: "{argv0}": permission denied'
    if any(os.path.lexists(root / folder.lstrip("/") / argv0) for folder in path.split(":")):
        return ""
    return f'exec: "{argv0}": executable file not found in $PATH'
