"""The wheel of the static form: what is in it, and that it works in an environment without a compiler, packages or this checkout."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from packaging.utils import parse_wheel_filename

from perry_ffi import __version__
from scripts.reference import shared
from scripts.ship import launcher, wheel
from scripts.static.tools import python as tools_python
from tests.support import library as lib

FILE = "services:\n  web: {image: nginx}\n"


@pytest.fixture(scope="module")
def packed(static_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    launcher.build(static_library, static_library.parent / launcher.NAME)
    [made] = wheel.build(static_library, tmp_path_factory.mktemp("wheel"))
    return made


@pytest.fixture(scope="module")
def environment(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that pip has put it into, and nothing else; there are no programs beside."""
    folder = tmp_path_factory.mktemp("environment") / "of its own"
    venv.create(folder, with_pip=True)
    command = [folder / "bin/python", "-I", "-m", "pip", "install", "--quiet", "--no-index", packed]
    subprocess.run(command, check=True, env={"PATH": "/nonexistent", "HOME": "/nonexistent"}, capture_output=True)
    return folder


def run(*argv: str | Path, cwd: Path | None = None) -> lib.Ran:
    nowhere = {"DOCKER_HOST": "unix:///nonexistent/engine.sock", "PERRY_CONTAINER_BACKEND": "docker"}
    return lib.run(list(argv), {"PATH": "/nonexistent", "HOME": "/nonexistent", **nowhere}, cwd=cwd)


def text(packed: Path, name: str) -> str:
    with zipfile.ZipFile(packed) as archive:
        [found] = [entry for entry in archive.namelist() if entry.endswith(name)]
        return archive.read(found).decode()


def test_it_is_for_every_python_and_glibc_from_2014_on(packed: Path) -> None:
    _, version, _, tags = parse_wheel_filename(packed.name)
    assert str(version) == __version__ and {str(tag) for tag in tags} == {"py3-none-manylinux_2_17_x86_64"}
    said = subprocess.run([tools_python(), "-m", "auditwheel", "show", packed], capture_output=True, text=True, check=True)
    assert '"manylinux_2_17_x86_64"' in said.stdout.replace("\n", " ")


def test_its_metadata_are_whole(packed: Path) -> None:
    """What an index looks at: valid members, a description that it can show, licences that are there, no dependencies."""
    told = Metadata.from_email(text(packed, "/METADATA"), validate=True)
    assert (told.name, str(told.version), told.license_expression) == ("perry-container", __version__, "MIT")
    assert told.requires_dist in (None, []) and told.description_content_type == "text/markdown"
    assert told.description is not None and told.description.startswith("# libperry_container\n")
    assert told.summary is not None and told.license_files == ["LICENSE", "LICENCES.txt"]
    with zipfile.ZipFile(packed) as archive:
        for name in told.license_files:
            assert archive.read(f"perry_container-{__version__}.dist-info/licenses/{name}")
    assert "OpenSSL" in text(packed, "/LICENCES.txt") and '"CycloneDX"' in text(packed, "/sbom.cdx.json")
    members: Message = Parser().parsestr(text(packed, "/WHEEL"))
    assert (members["Root-Is-Purelib"], members["Tag"]) == ("false", "py3-none-manylinux_2_17_x86_64")


def test_it_brings_completions_and_manual_pages(environment: Path) -> None:
    """pip puts them where each shell and man look, beside the folder of programs."""
    for name, said in shared.files().items():
        assert (environment / "share" / name).read_text() == said


def test_the_same_files_make_the_same_wheel(packed: Path, static_library: Path, tmp_path: Path) -> None:
    [again] = wheel.build(static_library, tmp_path)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(packed.read_bytes()).digest()


def test_python_needs_nothing_newer_for_what_is_in_it(packed: Path) -> None:
    newest = tuple(map(int, wheel.OLDEST.split(".")))
    for name in ("perry_ffi/config.py", "perry_ffi/__init__.py"):
        import ast

        ast.parse(text(packed, name), feature_version=newest)


def test_the_example_of_the_readme_works(environment: Path, tmp_path: Path) -> None:
    python = environment / "bin/python"
    place = run(python, "-I", "-m", "perry_ffi.config", "--library")
    assert place.status == 0, place.err
    example = shutil.copy2(lib.ROOT / "examples/hello_ctypes.py", tmp_path)
    assert (lib.ROOT / "examples/hello_ctypes.py").read_text() in (lib.ROOT / "README.md").read_text()
    said = run(python, "-I", example, place.out.strip().strip("'"), cwd=tmp_path)
    assert (said.status, said.err) == (0, "") and "docker: " in said.out and "podman: " in said.out


def test_the_program_works(environment: Path, tmp_path: Path) -> None:
    program = environment / "bin/perry-compose"
    assert run(program, "version") == lib.Ran(0, f"perry-compose version {__version__}\n", "")
    assert run(program, "up", "--help").out.startswith("Usage: perry-compose up ")
    (tmp_path / "compose.yaml").write_text(FILE)
    said = run(program, "config", "--images", cwd=tmp_path)
    assert said == lib.Ran(0, "nginx\n", "")
    said = run(program, "ps", cwd=tmp_path)
    assert said.status == 1 and "/nonexistent/engine.sock" in said.err


def test_a_c_program_is_built_with_it(environment: Path, tmp_path: Path) -> None:
    flags = run(environment / "bin/python", "-I", "-m", "perry_ffi.config", "--cflags", "--libs").out
    command = f"{lib.compiler()} {lib.ROOT / 'examples/hello.c'} {flags.strip()} -o {tmp_path / 'hello'}"
    subprocess.run(["sh", "-c", command], check=True)
    said = run(tmp_path / "hello")
    assert said.status == 0 and '"name":"docker"' in said.out


def test_pip_takes_all_of_it_away(environment: Path) -> None:
    """The last one: the environment is empty afterwards."""
    subprocess.run(
        [environment / "bin/python", "-I", "-m", "pip", "uninstall", "--yes", "--quiet", "perry-container"], check=True
    )
    assert not (environment / "bin/perry-compose").exists()
    short = "{}.{}".format(*sys.version_info[:2])
    assert not (environment / f"lib/python{short}/site-packages/perry_ffi").exists()
