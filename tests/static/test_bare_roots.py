"""Systems with nothing but the base of Debian, and no Python: one program, one file beside it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from scripts.static.toolchain import run
from tests.support import library as lib
from tests.support.bare import SUITES, bare_root

pytestmark = pytest.mark.abi


@pytest.fixture(scope="module", params=SUITES)
def root(request: pytest.FixtureRequest) -> Path:
    return bare_root(request.param)


@pytest.fixture(scope="module")
def program(static_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A C program for any glibc from 2.17 on, which finds the library beside itself."""
    target = tmp_path_factory.mktemp("program") / "one"
    flags = [f"-I{lib.ROOT / 'include'}", f"-I{lib.PROGRAMS}", f"-L{static_library.parent}", "-Wl,-rpath,$ORIGIN"]
    run(
        [
            "perry-cc",
            "-std=gnu11",
            *flags,
            str(lib.PROGRAMS / "one.c"),
            "-o",
            str(target),
            "-lperry_container",
            "-lpthread",
            "-ldl",
        ]
    )
    return target


@pytest.fixture
def place(root: Path, program: Path, static_library: Path) -> Path:
    """A folder in the root with the program and the library."""
    folder = root / "opt/perry"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy2(program, folder / "one")
    shutil.copy2(static_library, folder / lib.NAME)
    return folder


def inside(root: Path, folder: Path, *arguments: str, **env: str) -> lib.Ran:
    """Runs the program of a folder there. Without /proc, as here, nothing is found beside a program by ``$ORIGIN``."""
    place = f"/{folder.relative_to(root)}"
    words = [f"{name}={value}" for name, value in {**env, "LD_LIBRARY_PATH": place}.items()]
    command = ["/usr/sbin/chroot", root, "/usr/bin/env", "-i", *words, f"{place}/one", *arguments]
    return lib.run(command, lib.clean_environment())


def test_there_is_no_python(root: Path) -> None:
    assert not [*root.glob("usr/bin/python*"), *root.glob("usr/lib/python3*"), *root.glob("usr/lib/*/libpython*")]


def test_a_program_gets_its_answers(root: Path, place: Path) -> None:
    ran = inside(root, place, "asks", DOCKER_HOST="unix:///nonexistent.sock", PERRY_CONTAINER_BACKEND="docker")
    assert (ran.status, ran.err) == (0, ""), ran
    assert [json.loads(line)["code"] for line in ran.out.splitlines()] == [404, 400]


def test_in_an_empty_environment_and_another_folder(root: Path, place: Path) -> None:
    moved = root / "srv/a folder, with ünusual signs"
    shutil.rmtree(moved, ignore_errors=True)
    place.rename(moved)
    ran = inside(root, moved, "asks")
    assert (ran.status, ran.err) == (0, ""), ran
    assert [json.loads(line)["code"] for line in ran.out.splitlines()] == [404, 400]
