"""The machine of a container whose image has files: processes, mounts and a host name of its own, over files of its own.

The real one is a virtual machine; here it is what the kernel offers. An image without files needs none: its containers are
processes of this machine.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from tests.engines import namespaces
from tests.engines.apple.values import Refused

_NO_PROGRAM = 'internalError: "failed to find target executable {}"'


class Machine:
    """One that runs. pid: its first process, as this machine numbers it. outputs: what that says."""

    def __init__(self, pid: int, outputs: tuple[BinaryIO, BinaryIO], said: BinaryIO, holder: int) -> None:
        self.pid, self.outputs = pid, outputs
        self._said, self._holder = said, holder

    def wait(self) -> int:
        """The code of the first process; below 0 the signal that ended it."""
        code = int(self._said.readline())
        os.waitpid(self._holder, 0)
        return code


def copy(files: Path, root: Path) -> None:
    """Gives a container files of its own; programs, which nobody writes, are shared."""
    shutil.copytree(files, root, symlinks=True, copy_function=_link)


def _link(source: str, target: str) -> None:
    if os.access(source, os.X_OK) and not os.path.islink(source):
        os.link(source, target)
    else:
        shutil.copy2(source, target, follow_symlinks=False)


def check(box: Mapping[str, Any], root: Path, env: Mapping[str, str]) -> None:
    """``Refused`` where it cannot be started."""
    for item in box["configuration"]["mounts"]:
        if "virtiofs" in item["type"] and not os.path.exists(item["source"]):
            raise Refused(f"mount source path '{item['source']}' does not exist")
    find(box["configuration"]["initProcess"]["executable"], env, root)


def find(program: str, env: Mapping[str, str], root: Path) -> None:
    """``Refused`` where a container has no such program."""
    if namespaces.find(program, env.get("PATH", ""), root):
        raise Refused(f"failed to start container: {_NO_PROGRAM.format(program)}")


def boot(box: Mapping[str, Any], root: Path, volumes: Path, env: Mapping[str, str]) -> Machine:
    """Starts a container's process. A process that holds the machine together waits for it."""
    read, write = os.pipe()
    ends = os.pipe(), os.pipe()
    holder = os.fork()
    if holder == 0:
        _hold(box, root, volumes, env, write, (ends[0][1], ends[1][1]))
    for fd in (write, ends[0][1], ends[1][1]):
        os.close(fd)
    said = os.fdopen(read, "rb")
    first = said.readline().decode().strip()
    if not first.isdigit():
        raise Refused(f'failed to start container: internalError: "{first}"')
    return Machine(int(first), (os.fdopen(ends[0][0], "rb", 0), os.fdopen(ends[1][0], "rb", 0)), said, holder)


def _hold(
    box: Mapping[str, Any], root: Path, volumes: Path, env: Mapping[str, str], write: int, outputs: tuple[int, int]
) -> None:
    """What that process does: it says the number of the first process and its code, and does not return."""
    try:
        namespaces.unshare()
        _furnish(box, root, volumes)
        pid = os.fork()
        if pid == 0:
            _be_first(box, root, env, outputs)
        for fd in outputs:
            os.close(fd)
        os.write(write, b"%d\n" % pid)
        os.write(write, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    except Exception as error:
        with contextlib.suppress(OSError):
            os.write(write, f"{error}\n".encode())
    finally:
        os._exit(0)


def _connect(places: Sequence[Mapping[str, str]]) -> None:
    """An interface for each of its places on networks; nobody is at its other end."""
    namespaces.own_network()
    lines = ["link set lo up"]
    for number, place in enumerate(places):
        lines += [
            f"link add eth{number} address {place['macAddress']} type veth peer name peer{number}",
            f"addr add {place['ipv4Address']} dev eth{number}", f"link set eth{number} up",
        ]  # fmt: skip
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, capture_output=True, check=True)


def _furnish(box: Mapping[str, Any], root: Path, volumes: Path) -> None:
    """Mounts what it is to have."""
    configuration = box["configuration"]
    namespaces.devices(root / "dev")
    (root / "proc").mkdir(exist_ok=True)
    for item in sorted(configuration["mounts"], key=lambda item: str(item["destination"]).count("/")):
        ((kind, more),) = item["type"].items()
        target = root / item["destination"].lstrip("/")
        if kind == "tmpfs":
            namespaces.mount("tmpfs", target, ",".join(item["options"]))
        else:
            source = volumes / more["name"] if kind == "volume" else Path(item["source"])
            namespaces.bind(source, target, read_only="ro" in item["options"])
    namespaces.host_name(configuration["id"])
    if configuration["readOnly"]:
        namespaces.bind(root, root, read_only=True)


def _be_first(box: Mapping[str, Any], root: Path, env: Mapping[str, str], outputs: tuple[int, int]) -> None:
    process = box["configuration"]["initProcess"]
    _connect(box["places"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, fd in enumerate(outputs, 1):
        os.dup2(fd, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.setsid()
    with contextlib.suppress(OSError):
        namespaces.mount("proc", root / "proc")
    os.chroot(root)
    words = [process["executable"], *process["arguments"]]
    os._exit(namespaces.execute(words, env, process["workingDirectory"], user_of(process)))


def user_of(process: Mapping[str, Any]) -> str:
    return str(process["user"].get("raw", {}).get("userString", ""))


def run_inside(
    box: Mapping[str, Any], root: Path, words: Sequence[str], env: Mapping[str, str], workdir: str, user: str, *, stdin: bool
) -> int:
    """Runs a further process; this process is no use for anything else then."""
    find(words[0], env, root)
    nothing = os.open(os.devnull, os.O_RDONLY)
    namespaces.enter(box["pid"], root)
    pid = os.fork()
    if pid == 0:
        if not stdin:
            os.dup2(nothing, 0)
        os._exit(namespaces.execute(words, env, workdir, user))
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code if code >= 0 else 128 - code
