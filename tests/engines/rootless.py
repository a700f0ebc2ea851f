"""Engines of a user of the tests' own: who has no rights, a range of subordinate ids, and a home that goes with the test.

The calling thread moves into a network and mounts of its own, where that user is known; the machine's lists of users stay as they are.
Needs root, the engine and what lets it run without (newuidmap; pasta or slirp4netns for podman, rootlesskit and slirp4netns
for docker).
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.engines import image
from tests.engines.daemon import Daemon, EngineMissing, answers, need
from tests.engines.netns import own_network
from tests.engines.private import podman_environ

USER, NUMBER = "perry-tests", 64321
IDS = "3000000:65536"
_STARTER = Path("/usr/share/docker.io/contrib/dockerd-rootless.sh")
"""Debian's copy of docker's own."""
_KNOWN = {
    "/etc/passwd": "{user}:x:{number}:{number}::{home}:/bin/sh\n",
    "/etc/group": "{user}:x:{number}:\n",
    "/etc/subuid": "{user}:{ids}\n",
    "/etc/subgid": "{user}:{ids}\n",
}


@dataclass(frozen=True)
class Rootless:
    """name: docker or podman. socket: where it listens. environ: for programs of the user."""

    name: str
    socket: str
    environ: dict[str, str]


@contextmanager
def rootless_podman() -> Iterator[Rootless]:
    """The user's podman behind a service of the user's, with the image of the tests; all of it goes at the end."""
    podman = need("podman", "podman")
    if not shutil.which("pasta"):
        try:
            need("slirp4netns", "slirp4netns")
        except EngineMissing:
            raise EngineMissing("neither pasta nor slirp4netns is installed (Debian: apt install passt slirp4netns)") from None
    with _user() as home:
        environ = _environ(home, podman_environ(home / "podman", 4))
        try:
            yield from _served("podman", [podman, "system", "service", "--time=0"], home, environ)
        finally:
            _leave(podman, environ)


@contextmanager
def rootless_docker() -> Iterator[Rootless]:
    """The user's dockerd, with the image of the tests; all of it goes at the end."""
    need("dockerd", "docker.io")
    need("rootlesskit", "rootlesskit")
    need("slirp4netns", "slirp4netns")
    if not _STARTER.exists():
        raise EngineMissing(f"{_STARTER} is missing (Debian: apt install docker.io)")
    with _user() as home:
        try:
            yield from _served("docker", ["sh", str(_STARTER), "-H"], home, _environ(home, {}))
        finally:
            _end()


ROOTLESS = {"docker": rootless_docker, "podman": rootless_podman}


@contextmanager
def _user() -> Iterator[Path]:
    """The user's home; who is known there alone."""
    need("newuidmap", "uidmap")
    home = Path(tempfile.mkdtemp(prefix="perry-rootless-"))
    try:
        with own_network():
            _lead_out()
            _make_known(home)
            yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _served(name: str, argv: list[str], home: Path, environ: dict[str, str]) -> Iterator[Rootless]:
    """An engine whose last argument is where it listens."""
    _give(home)
    socket = f"{home}/run/e.sock"
    daemon = Daemon(name, _as_user(*argv, f"unix://{socket}"), home, environ)
    try:
        daemon.start(lambda: answers(socket))
        image.build(socket)
        yield Rootless(name, socket, environ)
    finally:
        daemon.stop()


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


def _environ(home: Path, own: dict[str, str]) -> dict[str, str]:
    (home / "run").mkdir(mode=0o700)
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return {"HOME": str(home), "USER": USER, "XDG_RUNTIME_DIR": f"{home}/run", "PATH": path, **own}


def _give(home: Path) -> None:
    for path in (home, *home.glob("run"), *home.glob("podman"), *(home / "podman").rglob("*")):
        os.chown(path, NUMBER, NUMBER)


def _leave(podman: str, environ: dict[str, str]) -> None:
    """Removes what the user's namespaces alone may remove, and ends the process that keeps them."""
    for words in (["rm", "--all", "--force", "--time=0"], ["system", "reset", "--force"]):
        subprocess.run(_as_user(podman, *words), env=environ, check=False, capture_output=True, timeout=120)
    _end()


def _end() -> None:
    """Ends what the user still runs."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _is_of_user(process):
            with suppress(ProcessLookupError):
                os.kill(int(process.name), 9)


def _is_of_user(process: Path) -> bool:
    try:
        return process.stat().st_uid == NUMBER
    except OSError:
        return False
