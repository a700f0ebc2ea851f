"""A machine for the doctor, for real: a root of its own with a user in it, whose sockets, files and programs a test chooses.

``look`` starts this module as a program, which moves into a root that it makes (the system's folders, without a ``/run``), and
runs ``perry-compose doctor`` there with the rights of the user. Nothing of it is left. Needs root, and Linux.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.support.doctoring import docker, engine, mute, nobody, program

USER, NUMBER, HOME = "ann", 64322, "/h"
REPOSITORY = Path(__file__).resolve().parents[2]
_NEW_MOUNTS = 0x00020000


@dataclass
class Machine:
    """What is there.

    root: the user is root. session: groups of the session, listed: and those that the database has the user in. subids: the user
    has ranges of ids. sockets: path to its kind (``engine``, ``old``, ``new``, ``full``, ``slept``, ``nobody``, ``mute``, ``banner``,
    or ``file:`` with the path of another one) and its group and mode. links, files, folders: by path; those below the home are the user's.
    programs: scripts in the user's only folder of programs; real: names of programs of the system that are in it, too.
    hidden: folders of the system that are empty but for these names. small: folders on a disk of 16 MiB. words: more of the command.
    """

    root: bool = False
    session: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    subids: bool = True
    sockets: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    programs: dict[str, str] = field(default_factory=dict)
    real: list[str] = field(default_factory=list)
    hidden: dict[str, list[str]] = field(default_factory=dict)
    small: list[str] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    directory: str = HOME


@dataclass
class Seen:
    """What it said. rows: the symptoms by their ids; states: of the engines by name."""

    report: dict[str, Any]
    exit_code: int

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        return {row["id"]: row for row in self.report["symptoms"]}

    @property
    def states(self) -> dict[str, str]:
        return {row["name"]: row["state"] for row in self.report["runtimes"]}


def look(machine: Machine) -> Seen:
    """What doctor says on it."""
    with tempfile.TemporaryDirectory(prefix="perry-machine-", dir="/tmp") as root:
        argv = [sys.executable, "-m", "tests.support.doctor_machine", root, json.dumps(asdict(machine))]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=120, cwd=REPOSITORY, check=False)
    assert done.stdout, done.stderr
    return Seen(json.loads(done.stdout), done.returncode)


# -- in a process of its own --------------------------------------------------------------------------


def main(root: str, text: str) -> int:
    machine = Machine(**json.loads(text))
    _enter(Path(root), machine)
    for path in machine.folders:
        Path(path).mkdir(parents=True, exist_ok=True)
    for path, content in machine.files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(content)
    for path, target in machine.links.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).symlink_to(target)
    for name, script in machine.programs.items():
        program(Path(HOME, "bin"), name, script)
    for name in machine.real:
        Path(HOME, "bin", name).symlink_to(_system_program(name))
    with ExitStack() as stack:
        for path, (kind, group, mode) in machine.sockets.items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(_socket(Path(path), kind))
            shutil.chown(path, group=group)
            os.chmod(path, mode)
        _give_home()
        return _doctor(machine)


def _doctor(machine: Machine) -> int:
    own: dict[str, Any] = {} if machine.root else {"user": NUMBER, "group": NUMBER, "extra_groups": machine.session}
    environ = {"HOME": HOME, "PATH": f"{HOME}/bin", "PERRY_CONTAINER_PROBE_TIMEOUT": "2", **machine.environ}
    environ["PYTHONDONTWRITEBYTECODE"] = "1"
    if not machine.root:
        environ.setdefault("XDG_RUNTIME_DIR", f"/run/user/{NUMBER}")
    # The machine is moved into by its folder of modules: where somebody stands is the project's.
    argv = [sys.executable, "-c", _PROGRAM, "doctor", "--format", "json", *machine.words]
    return subprocess.run(argv, env=environ, cwd=machine.directory, timeout=100, check=False, **own).returncode


_PROGRAM = f"import sys; sys.path[:0] = [{str(REPOSITORY / 'src')!r}]; from perry_ffi.cli.main import main; sys.exit(main())"


def _enter(root: Path, machine: Machine) -> None:
    """Makes the root and moves into it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_MOUNTS):
        raise OSError(ctypes.get_errno(), "unshare")
    _mount("--make-rprivate", "/")
    _tmpfs(root)
    for entry in os.scandir("/"):
        inside = root / entry.name
        if entry.is_symlink():
            inside.symlink_to(os.readlink(entry.path))
        elif entry.is_dir():
            inside.mkdir()
            if entry.name != "run":
                _mount("--rbind", entry.path, str(inside))
    _open_the_way(root)
    (root / HOME.lstrip("/") / "bin").mkdir(parents=True)
    (root / "run/user" / str(NUMBER)).mkdir(parents=True)
    _lists(root, machine)
    for path, names in machine.hidden.items():
        _hide(root / path.lstrip("/"), Path(path), names)
    _move_in(root)
    for path in machine.small:
        Path(path).mkdir(parents=True, exist_ok=True)
        _mount("-t", "tmpfs", "-o", "size=16m,mode=755", "tmpfs", path)
    os.chmod(f"/run/user/{NUMBER}", 0o700)
    os.chown(f"/run/user/{NUMBER}", NUMBER, NUMBER)


def _hide(inside: Path, path: Path, but: list[str]) -> None:
    if inside.is_dir():
        _tmpfs(inside)
        for name in but:
            shutil.copy(path / name, inside / name)


def _move_in(root: Path) -> None:
    """Not by chroot, after which nobody gets a user namespace, as a rootless podman needs."""
    before = root / "before"
    before.mkdir()
    subprocess.run(["pivot_root", root, before], check=True)
    os.chdir("/")
    subprocess.run(["umount", "--lazy", "/before"], check=True)
    os.rmdir("/before")


def _open_the_way(root: Path) -> None:
    """Python may be in root's home, which nobody else may enter."""
    if sys.base_prefix.startswith("/root/"):
        _tmpfs(root / "root")
        inside = root / sys.base_prefix.lstrip("/")
        inside.mkdir(parents=True)
        _mount("--rbind", sys.base_prefix, str(inside))


def _lists(root: Path, machine: Machine) -> None:
    """The system's lists of users, groups and ids, with the user in them."""
    members = {name: [USER] for name in machine.listed}
    groups = [line for line in Path("/etc/group").read_text().splitlines() if line.split(":")[0] not in members]
    groups += [f"{name}:x:{64400 + index}:{USER}" for index, name in enumerate(members)] + [f"{USER}:x:{NUMBER}:"]
    if "docker" not in members and not any(line.startswith("docker:") for line in groups):
        groups.append("docker:x:64499:")
    users = Path("/etc/passwd").read_text() + f"{USER}:x:{NUMBER}:{NUMBER}::{HOME}:/bin/sh\n"
    ids = f"{USER}:4000000:65536\n" if machine.subids else "somebody:4000000:65536\n"
    texts = {"passwd": users, "group": "\n".join(groups) + "\n", "subuid": ids, "subgid": ids}
    for name, text in texts.items():
        copy = root / "run" / f"list-{name}"
        copy.write_text(text)
        copy.chmod(0o644)
        if not Path("/etc", name).exists():
            continue
        _mount("--bind", str(copy), str(root / "etc" / name))


def _give_home() -> None:
    for folder, names, files in os.walk(HOME):
        for path in (folder, *(os.path.join(folder, name) for name in (*names, *files))):
            os.chown(path, NUMBER, NUMBER, follow_symlinks=False)


def _system_program(name: str) -> str:
    found = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin")
    assert found is not None, name
    return found


@contextmanager
def _socket(path: Path, kind: str) -> Iterator[None]:
    if kind.startswith("file:"):  # another one at this place: the file itself, with its owner
        path.touch()
        _mount("--bind", kind.removeprefix("file:"), str(path))
        yield
        return
    if kind == "nobody":
        with nobody(path):
            yield
    elif kind == "mute":
        with mute(path):
            yield
    elif kind == "banner":
        with _banner(path):
            yield
    else:
        with engine(path, _ANSWERS.get(kind, docker()), ahead=-900 if kind == "slept" else 0):
            yield


def _too_new(target: str) -> tuple[int, Any]:
    said = "client version 1.52 is too old. Minimum supported API version is 1.60, please upgrade your client to a newer version"
    return (200, b"OK") if target == "/_ping" else (400, {"message": said})


_ANSWERS = {"old": docker("1.39"), "new": _too_new, "full": docker(DockerRootDir="/var/lib/small")}


@contextmanager
def _banner(path: Path) -> Iterator[None]:
    """Something that speaks first, and no HTTP."""
    import threading

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve() -> None:
            while True:
                one, _ = listening.accept()
                with one:
                    one.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def _tmpfs(path: Path) -> None:
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(path))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
