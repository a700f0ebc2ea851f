"""A Debian 13 with the Perry compiler, and programs compiled and run in it.

The root is made once and kept (scripts/debian13-root.sh). In it lies a checkout of its own, built with that
system's Python; a session has it to itself.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.engines.private import Engines
from tests.support.library import missing

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).parent / "programs"
EXAMPLES = ROOT / "examples/typescript"
CHECKOUT = "/opt/checkout"
PACKAGE = f"{CHECKOUT}/packages/perry-container"
PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "PIP_INDEX_URL", "PIP_DEFAULT_TIMEOUT", "npm_config_registry")
COMPILE_SECONDS = 240
# The network that pip and npm are reached from: engines of the tests move the thread into one that leads nowhere.
_NETWORK = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
MANIFEST = """{
  "name": "application", "private": true, "type": "module",
  "perry": { "allow": { "nativeLibrary": ["perry-container", "perry-container/compose", "perry-container/workloads"] } }
}
"""
PROFILES = Path("/run/perry-container-profiles")
"""Where root's programs put seccomp profiles for an engine that reads them from its machine: what is in the root, and the engine outside."""


@dataclass
class Debian13:
    """The root. path: where it lies. binds: folders of this machine that are there too."""

    path: Path
    engines: Engines | None = None
    _compiled: dict[str, str] = field(default_factory=dict)

    def environment(self, backend: str | None = None) -> dict[str, str]:
        """What a program in the root is started with. backend: the one engine that it is led to."""
        found = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
        found["NODE_EXTRA_CA_CERTS"] = found["PIP_CERT"] = "/etc/ssl/certs/ca-certificates.crt"
        found |= {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        if self.engines is not None:
            found |= self.engines.environ()
        if backend is not None:
            found["PERRY_CONTAINER_BACKEND"] = backend
        return found

    def command(self, argv: Sequence[str], folder: str = "/") -> list[str]:
        """The command that runs ``argv`` in the root."""
        binds = []
        if self.engines is not None:
            PROFILES.mkdir(mode=0o755, exist_ok=True)
            binds = ["--bind", str(self.engines.folder), "--bind", str(PROFILES)]
        return [str(ROOT / "scripts/in-debian13.sh"), str(self.path), *binds, "--cd", folder, "--", *argv]

    def run(
        self, argv: Sequence[str], folder: str = "/", seconds: float = 120, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command in the root to its end."""
        return subprocess.run(
            self.command(argv, folder), env=dict(env or self.environment()), capture_output=True, text=True,
            timeout=seconds, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    def check(self, argv: Sequence[str], folder: str = "/", seconds: float = 600) -> str:
        """Runs a command that has to succeed, with the machine's network; what it printed."""
        done = with_network(self.command(argv, folder), seconds, self.environment())
        assert done.returncode == 0, f"{argv}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def inside(self, place: str) -> Path:
        """A path of the root, seen from here."""
        return self.path / place.lstrip("/")

    # -- the checkout -------------------------------------------------------------------------------

    def build_checkout(self) -> None:
        """Brings the checkout in the root up to date, and builds the library and the archive there."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True,
        ).stdout.decode()  # fmt: skip
        names = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
        target = self.inside(CHECKOUT)
        for name in sorted(names):
            _copy(ROOT / name, target / name)
        for folder in ("src/perry_ffi", "packages", "examples"):
            for path in sorted((target / folder).rglob("*")):
                name = str(path.relative_to(target))
                kept = {"__pycache__", "lib", "target", "node_modules"} & set(Path(name).parts)
                if path.is_file() and name not in names and not kept:
                    path.unlink()
        self.check(["make", "build"], CHECKOUT)
        self.check(["python3", "build_perry.py"], CHECKOUT)

    # -- programs -----------------------------------------------------------------------------------

    def folder(self, name: str, *, package: str = PACKAGE) -> str:
        """A new folder as an application has it, with the package installed as npm does it: a copy."""
        place = f"/opt/applications/{name}"
        here = self.inside(place)
        shutil.rmtree(here, ignore_errors=True)
        (here / "node_modules").mkdir(parents=True)
        (here / "package.json").write_text(MANIFEST)
        shutil.copytree(self.inside(package), here / "node_modules/perry-container")
        return place

    def compile(self, source: Path) -> str:
        """Compiles a program once; its path in the root."""
        if str(source) not in self._compiled:
            place = self.folder(source.stem)
            shutil.copyfile(source, self.inside(place) / source.name)
            self.check(["perry", "compile", source.name, "-o", "program"], place, COMPILE_SECONDS)
            self._compiled[str(source)] = f"{place}/program"
        return self._compiled[str(source)]

    def program(
        self, name: str, *arguments: str, backend: str | None = None, seconds: float = 120, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Compiles and runs one of the test programs. seconds: when it is given up."""
        binary = self.compile(PROGRAMS / f"{name}.ts")
        return self.run([binary, *arguments], "/tmp", seconds, {**self.environment(backend), **variables})


def _copy(source: Path, target: Path) -> None:
    if target.is_file() and target.read_bytes() == source.read_bytes():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def with_network(
    command: Sequence[str | Path], seconds: float | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a command in the network that this process began in."""
    entered = ["nsenter", f"--net=/proc/self/fd/{_NETWORK}", "--", *map(str, command)]
    return subprocess.run(
        entered, env=None if env is None else dict(env), capture_output=True, text=True, timeout=seconds,
        stdin=subprocess.DEVNULL, check=False, pass_fds=[_NETWORK],
    )  # fmt: skip


def make_root() -> Path:
    """The root's folder; the first time it is made, which takes minutes. Skips where it cannot be."""
    if os.geteuid() != 0:
        missing("root", "the tests with the Perry compiler use debootstrap and chroot")
    done = with_network([ROOT / "scripts/debian13-root.sh"])
    if done.returncode:
        missing("a Debian 13 root", done.stderr.strip())
    return Path(done.stdout.strip())


@contextmanager
def debian13(engines: Engines) -> Iterator[Debian13]:
    """The root with an up-to-date checkout, for one session at a time."""
    path = make_root()
    with (path.parent / f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        root = Debian13(path, engines)
        root.build_checkout()
        yield root


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines that a program printed, which must have ended well and kept silent on standard error."""
    if done.returncode != 0 or done.stderr:
        pytest.fail(f"status {done.returncode}\n--- output\n{done.stdout[-4000:]}\n--- errors\n{done.stderr[-4000:]}")
    return done.stdout.splitlines()
