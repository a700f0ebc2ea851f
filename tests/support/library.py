"""The shared object under test, copies of it with other Python packages beside it, and programs linked to it."""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "tests/abi/c"
NAME = "libperry_container.so"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wconversion"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]

# What the sanitizers do at a finding: end the process with a status of its own, and say where.
SANITIZER_ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=0:exitcode=99:detect_stack_use_after_return=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=99",
}


def missing(what: str, remedy: str) -> None:
    """Skips a test whose tool is not there; where CI=true the test fails instead."""
    message = f"{what} is not there: {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def need_tool(name: str, remedy: str) -> str:
    """The path of a program, or the end of the test (see ``missing``)."""
    path = shutil.which(name)
    if path is None:
        missing(name, remedy)
    assert path is not None
    return path


def library() -> Path:
    """The shared object: PERRY_CONTAINER_LIBRARY, or the one that ``make build`` leaves."""
    path = Path(os.environ.get("PERRY_CONTAINER_LIBRARY") or ROOT / "build" / NAME)
    if not path.exists():
        missing(str(path), "make build")
    return path


def carries(library: Path) -> bool:
    """Whether the shared object is the static form, which carries its Python packages: ``make static``."""
    return not (library.parent / "site").exists()


def needs_packages_on_disk(why: str) -> None:
    """Ends the test where the library under test carries its packages."""
    if carries(library()):
        pytest.skip(f"not for the static form: {why}")


def site() -> Path:
    """The Python packages beside it."""
    return library().parent / "site"


def compiler() -> str:
    return need_tool(os.environ.get("CC") or "cc", "apt-get install gcc libc6-dev")


@cache
def sanitizers_work() -> bool:
    """Whether the compiler can link a program with AddressSanitizer and UBSan."""
    probe = subprocess.run(
        [compiler(), *SANITIZE, "-x", "c", "-", "-o", "/dev/null"], input=b"int main(void){return 0;}", capture_output=True
    )
    return probe.returncode == 0


def build_sanitized(folder: Path) -> Path:
    """The shared object built anew with the sanitizers, in ``folder``, with the packages of ``library`` beside it."""
    needs_packages_on_disk("what is built with the sanitizers is the form on disk")
    if not sanitizers_work():
        missing("the compiler's sanitizer runtime", "apt-get install gcc (libasan, libubsan)")
    output = folder / NAME
    command = [sys.executable, str(ROOT / "build_ffi.py"), "--sanitize", "--output", str(output)]
    subprocess.run([*command, "--objects", str(folder / "objects")], check=True, capture_output=True)
    (folder / "site").symlink_to(site())
    return output


def copy_library(source: Path, folder: Path, *, replace: dict[str, str] | None = None) -> Path:
    """A copy of ``source`` in ``folder`` with a copy of ``perry_ffi`` beside it; of the static form one with another one in it.

    replace: files of the package (``api/volumes.py``) and the text they have instead.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if carries(source):
        return _copy_static(source, folder, replace or {})
    shutil.copy2(source, folder / NAME)
    packages = folder / "site"
    packages.mkdir()
    for entry in (source.parent / "site").iterdir():
        if entry.name != "perry_ffi":
            (packages / entry.name).symlink_to(entry.resolve())
    original = (source.parent / "site/perry_ffi").resolve()
    shutil.copytree(original, packages / "perry_ffi", ignore=shutil.ignore_patterns("__pycache__", "lib"))
    for name, text in (replace or {}).items():
        (packages / "perry_ffi" / name).write_text(text)
    compileall.compile_dir(packages / "perry_ffi", quiet=2)
    return folder / NAME


def _copy_static(source: Path, folder: Path, replace: dict[str, str]) -> Path:
    if not replace:
        return Path(shutil.copy2(source, folder / NAME))
    command = [sys.executable, "-m", "scripts.static", "--output", str(folder / NAME), "--objects", str(folder / "objects")]
    for name, text in replace.items():
        stand_in = folder / name.replace("/", "-")
        stand_in.write_text(text)
        command += ["--replace", f"perry_ffi/{name}={stand_in}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(folder / "objects")
    return folder / NAME


def compile_program(source: Path, target: Path, *flags: str, linked: Path | None) -> Path:
    """Compiles a C program of the tests. linked: the shared object it is linked to, found through LD_LIBRARY_PATH."""
    command = [compiler(), "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}"]
    command += [f"-I{PROGRAMS}", *flags, str(source), "-o", str(target)]
    if linked is not None:
        command += [f"-L{linked.parent}", "-lperry_container"]
    done = subprocess.run([*command, "-lpthread", "-ldl"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


def clean_environment(**more: str) -> dict[str, str]:
    """An environment in which no engine can be found, and nothing of the test's own is inherited."""
    nowhere = {"PERRY_CONTAINER_BACKEND": "docker", "DOCKER_HOST": "unix:///nonexistent/engine.sock"}
    return {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **nowhere, **more}


@dataclass(frozen=True)
class Ran:
    """How a program ended. status: as subprocess has it, below 0 for a signal."""

    status: int
    out: str
    err: str


def run(argv: list[str | Path], env: dict[str, str], *, timeout: float = 120, cwd: Path | None = None) -> Ran:
    """Runs a program to its end; one that does not end is killed, and fails the test."""
    done = subprocess.run(
        [str(word) for word in argv], env=env, cwd=cwd, timeout=timeout, stdin=subprocess.DEVNULL, capture_output=True
    )
    return Ran(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


class Host:
    """C programs of the tests against one shared object, plain or sanitized.

    library: the shared object in force; folder: where programs are compiled to.
    """

    def __init__(self, library: Path, folder: Path, *, sanitized: bool) -> None:
        self.library = library
        self.sanitized = sanitized
        self._folder = folder
        self._compiled: dict[tuple[str, bool], Path] = {}

    def at(self, library: Path) -> Host:
        """The same programs against another copy of the shared object."""
        other = Host(library, self._folder, sanitized=self.sanitized)
        other._compiled = self._compiled
        return other

    def program(self, name: str, *, linked: bool = True) -> Path:
        """The compiled program ``tests/abi/c/NAME.c``."""
        key = (name, linked)
        if key not in self._compiled:
            target = self._folder / (name if linked else f"{name}-unlinked")
            flags = SANITIZE if self.sanitized else []
            self._compiled[key] = compile_program(PROGRAMS / f"{name}.c", target, *flags, linked=self.library if linked else None)
        return self._compiled[key]

    def environment(self, **more: str) -> dict[str, str]:
        """What the program runs in: no engine, this shared object."""
        checks = SANITIZER_ENVIRONMENT if self.sanitized else {}
        return clean_environment(LD_LIBRARY_PATH=str(self.library.parent), **{**checks, **more})

    def run(self, name: str, *arguments: str, timeout: float = 120, cwd: Path | None = None, **env: str) -> Ran:
        """Runs the program to its end."""
        return run([self.program(name), *arguments], self.environment(**env), timeout=timeout, cwd=cwd)

    def passes(self, name: str, *arguments: str, timeout: float = 120, **env: str) -> None:
        """Runs the program, which must succeed and print nothing: nor may the library."""
        ran = self.run(name, *arguments, timeout=timeout, **env)
        seen = f"status {ran.status}\n--- stdout\n{ran.out}\n--- stderr\n{ran.err}"
        assert (ran.status, ran.out, ran.err) == (0, "", ""), seen
