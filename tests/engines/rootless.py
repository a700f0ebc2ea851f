"""A podman of a user of the tests' own: who has no rights, a range of subordinate ids, and a home that goes with the test.

The calling thread moves into a network and mounts of its own, where that user is known; the machine's lists of users stay as they are.
Needs root, podman and what lets it run without (newuidmap; pasta or slirp4netns).
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.engines import image
from tests.engines.daemon import Daemon, EngineMissing, answers, need
from tests.engines.netns import own_network
from tests.engines.private import podman_environ

USER, NUMBER = "perry-tests", 64321
IDS = "3000000:65536"
_KNOWN = {
    "/etc/passwd": "{user}:x:{number}:{number}::{home}:/bin/sh\n",
    "/etc/group": "{user}:x:{number}:\n",
    "/etc/subuid": "{user}:{ids}\n",
    "/etc/subgid": "{user}:{ids}\n",
}


@dataclass(frozen=True)
class Rootless:
    """socket: of its service. environ: for programs of the user."""

    socket: str
    environ: dict[str, str]


@contextmanager
def rootless_podman() -> Iterator[Rootless]:
    """The user's podman behind a service of the user's, with the image of the tests; all of it goes at the end."""
    podman = need("podman", "podman")
    need("newuidmap", "uidmap")
    if not shutil.which("pasta"):
        try:
            need("slirp4netns", "slirp4netns")
        except EngineMissing:
            raise EngineMissing("neither pasta nor slirp4netns is installed (Debian: apt install passt slirp4netns)") from None
    home = Path(tempfile.mkdtemp(prefix="perry-rootless-"))
    try:
        with own_network():
            _lead_out()
            _make_known(home)
            environ = _environ(home)
            _give(home)
            socket = f"{home}/run/p.sock"
            daemon = Daemon("podman", _as_user(podman, "system", "service", "--time=0", f"unix://{socket}"), home, environ)
            try:
                daemon.start(lambda: answers(socket))
                image.build(socket)
                yield Rootless(socket, environ)
            finally:
                daemon.stop()
                _leave(podman, environ)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _as_user(*words: str) -> list[str]:
    return ["setpriv", f"--reuid={NUMBER}", f"--regid={NUMBER}", "--clear-groups", "--", *words]


def _make_known(home: Path) -> None:
    """The user and the ids, and a device for networks that everybody may open, as a system with a udev has it."""
    for number, (path, line) in enumerate(_KNOWN.items()):
        copy = home / f"known-{number}"
        before = Path(path).read_text() if Path(path).exists() else ""
        copy.write_text(before + line.format(user=USER, number=NUMBER, home=home, ids=IDS))
        copy.chmod(0o644)
        Path(path).touch()
        subprocess.run(["mount", "--bind", copy, path], check=True)
    devices = home / "devices"
    devices.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", devices], check=True)
    for path in ("/dev/net/tun", "/dev/fuse"):
        if Path(path).exists():
            node = devices / Path(path).name
            os.mknod(node, stat.S_IFCHR, Path(path).stat().st_rdev)
            node.chmod(0o666)
            subprocess.run(["mount", "--bind", node, path], check=True)


def _lead_out() -> None:
    """A way out that leads nowhere: pasta takes the addresses and routes of the machine for the container's."""
    for words in (
        ["link", "add", "out", "type", "bridge"], ["address", "add", "10.255.77.2/24", "dev", "out"],
        ["link", "set", "out", "up"], ["route", "add", "default", "via", "10.255.77.1"],
    ):  # fmt: skip
        subprocess.run(["ip", *words], check=True)


def _environ(home: Path) -> dict[str, str]:
    own = podman_environ(home / "podman", 4)
    (home / "run").mkdir(mode=0o700)
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return {"HOME": str(home), "USER": USER, "XDG_RUNTIME_DIR": f"{home}/run", "PATH": path, **own}


def _give(home: Path) -> None:
    for path in (home, *home.glob("run"), home / "podman", *(home / "podman").rglob("*")):
        os.chown(path, NUMBER, NUMBER)


def _leave(podman: str, environ: dict[str, str]) -> None:
    """Removes what the user's namespaces alone may remove, and ends the process that keeps them."""
    for words in (["rm", "--all", "--force", "--time=0"], ["system", "reset", "--force"]):
        subprocess.run(_as_user(podman, *words), env=environ, check=False, capture_output=True, timeout=120)
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _is_of_user(process):
            os.kill(int(process.name), 9)


def _is_of_user(process: Path) -> bool:
    try:
        return process.stat().st_uid == NUMBER
    except OSError:
        return False
