"""The wheel and the source distribution: what they hold, and that a C program can be built with an installed one."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from perry_ffi import __version__
from scripts.reference import shared

ROOT = Path(__file__).resolve().parents[3]
IN_THE_PACKAGE = (
    "perry_ffi/lib/libperry_container.so",
    "perry_ffi/lib/pkgconfig/perry_container.pc",
    "perry_ffi/include/perry_container.h",
    "perry_ffi/bridge/entry.py",
    "perry_ffi/config.py",
    "perry_ffi/py.typed",
    "perry_ffi/trust/public_good.json",
)


def run(*command: str | Path, **options: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def hook(name: str, source: Path, target: Path) -> Path:
    """Calls a hook of the build backend, as pip and build do, in a folder of its own."""
    code = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"
    target.mkdir(exist_ok=True)
    printed = run(sys.executable, "-c", code, name, target, cwd=source)
    return target / printed.splitlines()[-1]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the checkout, so that the checkout stays as it is."""
    folder = tmp_path_factory.mktemp("sdist")
    anywhere = shutil.ignore_patterns("*.egg-info", "__pycache__")
    at_the_top = {".git", ".venv", ".cache", "build", "tests"}

    def hidden(place: str, names: list[str]) -> set[str]:
        return anywhere(place, names) | (at_the_top & set(names) if Path(place) == ROOT else set())

    shutil.copytree(ROOT, folder / "checkout", ignore=hidden)
    return hook("build_sdist", folder / "checkout", folder / "dist")


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the source distribution: what that lacks is missed here."""
    folder = tmp_path_factory.mktemp("wheel")
    run("tar", "-xzf", sdist, "-C", folder)
    (source,) = folder.iterdir()
    return hook("build_wheel", source, folder / "dist")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder like site-packages: the wheel, and beside it the packages that make build collected."""
    folder = tmp_path_factory.mktemp("installed") / "site packages"
    shutil.copytree(ROOT / "build/site", folder, ignore=shutil.ignore_patterns("perry_ffi"))
    run(sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet", "--target", folder, wheel)
    yield folder


def test_the_wheel_is_for_this_python_on_this_platform(wheel: Path) -> None:
    tag = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    assert wheel.name.startswith(f"perry_container-{__version__}-{tag}-{tag}-linux_")


def test_the_wheel_holds_the_library_and_what_a_c_build_needs(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert set(IN_THE_PACKAGE) <= set(names)
    assert not [name for name in names if name.endswith((".c", ".o", ".d", ".cdef")) or name.startswith("tests/")]


def test_the_wheel_brings_completions_and_manual_pages(wheel: Path, installed: Path) -> None:
    """Made of the table of commands; pip puts them where each shell and man look, beside the folder of programs."""
    brought = {row.split(".data/data/share/")[1] for row in zipfile.ZipFile(wheel).namelist() if ".data/data/share/" in row}
    assert brought == set(shared.files()) and "man/man1/perry-compose-up.1" in brought
    for name, text in shared.files().items():
        assert (installed / "share" / name).read_text() == text


def test_the_source_distribution_holds_what_the_build_needs(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    for needed in (
        "build_ffi.py",
        "setup.py",
        "include/perry_container.h",
        "src/perry_ffi/abi/c/exports/exports.map",
        "wit/worlds.wit",
        "scripts/reference/shared.py",
        "docs/cli.md",
        "README.md",
    ):
        assert needed in names, needed


def test_the_wheel_brings_the_program(wheel: Path, installed: Path, tmp_path: Path) -> None:
    """It finds its Python: that of the environment that it lies in, else the one that it was built with."""
    (entry,) = [row for row in zipfile.ZipFile(wheel).infolist() if row.filename.endswith("/scripts/perry-compose")]
    assert ".data/" in entry.filename
    environ = {"PATH": "/nonexistent", "PYTHONPATH": str(installed)}
    program = installed / "bin/perry-compose"
    assert run(program, "version", env=environ, cwd=tmp_path) == f"perry-compose version {__version__}\n"
    neighbour = tmp_path / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    neighbour.write_text('#!/bin/sh\nprintf "%s " "$@"\n')
    neighbour.chmod(0o755)
    assert run(shutil.copy2(program, tmp_path), "up", "-d", env=environ).endswith(" up -d ")


def test_the_wheel_s_program_answers_while_its_package_is_as_it_was(installed: Path, tmp_path: Path) -> None:
    """In an environment whose Python would say something else; the package lies where pip puts it there."""
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / name).write_text("#!/bin/sh\necho becomes Python\n")
    (tmp_path / "bin" / name).chmod(0o755)
    program = shutil.copy2(installed / "bin/perry-compose", tmp_path / "bin")
    assert run(program, "version", env={}) == "becomes Python\n"
    package = tmp_path / os.path.relpath(sysconfig.get_path("platlib"), sys.prefix) / "perry_ffi"
    shutil.copytree(installed / "perry_ffi", package)
    assert run(program, "version", env={}) == f"perry-compose version {__version__}\n"
    (package / "__init__.py").write_text('__version__ = "0.0.9"\n')
    assert run(program, "version", env={}) == "becomes Python\n"


@pytest.mark.parametrize("way", ["perry_ffi.config", "pkg-config"])
def test_a_c_program_is_built_with_the_installed_package_and_runs(installed: Path, tmp_path: Path, way: str) -> None:
    environ = {**os.environ, "PYTHONPATH": str(installed)}
    config = [sys.executable, "-m", "perry_ffi.config"]
    if way == "pkg-config":
        if not shutil.which("pkg-config") and os.environ.get("CI") != "true":
            pytest.skip("pkg-config is not installed (Debian: apt install pkgconf)")
        (folder,) = shlex.split(run(*config, "--pkgconfigdir", env=environ, cwd=tmp_path))
        environ["PKG_CONFIG_PATH"] = folder
        flags = run("pkg-config", "--cflags", "--libs", "perry_container", env=environ)
        assert run("pkg-config", "--modversion", "perry_container", env=environ).strip() == __version__
    else:
        flags = run(*config, "--cflags", "--libs", env=environ, cwd=tmp_path)
    assert str(installed) in " ".join(shlex.split(flags))
    run("cc", ROOT / "examples/hello.c", *shlex.split(flags), "-o", tmp_path / "hello")
    rows = json.loads(run(tmp_path / "hello", env={"PATH": "/nonexistent", "HOME": "/nonexistent"}))
    assert {"docker", "podman"} <= {row["name"] for row in rows}
