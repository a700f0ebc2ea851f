"""Where a program finds the shared object: in place, shipped as a folder, and not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.perry.root import CHECKOUT, PROGRAMS, Debian13, said

FOUND = ["unknown true", "true"]
LIBRARY = f"{CHECKOUT}/build/libperry_container.so"


@pytest.fixture
def shipped(root: Debian13) -> Iterator[str]:
    """A folder of the program alone, while the shared object is not where it was built."""
    binary = root.compile(PROGRAMS / "located.ts")
    place = "/opt/shipped/deep/application"
    shutil.rmtree(root.inside("/opt/shipped"), ignore_errors=True)
    root.inside(place).mkdir(parents=True)
    shutil.copy2(root.inside(binary), root.inside(place) / "program")
    built, hidden = root.inside(LIBRARY), root.inside(f"{LIBRARY}.hidden")
    built.rename(hidden)
    yield place
    hidden.rename(built)


def test_a_compiled_program_runs_in_place(root: Debian13) -> None:
    assert said(root.program("located")) == FOUND


# The last is what `pip install --target site` makes.
@pytest.mark.parametrize(("library", "site"), [(".", "site"), ("lib", "lib/site"), ("site/perry_ffi/lib", "site")])
def test_a_folder_with_the_library_and_its_packages_runs_from_anywhere(
    root: Debian13, shipped: str, library: str, site: str
) -> None:
    target = root.inside(shipped)
    shutil.copytree(root.inside(f"{CHECKOUT}/build/site"), target / site)
    (target / library).mkdir(exist_ok=True)
    shutil.copy2(root.inside(f"{LIBRARY}.hidden"), target / library / "libperry_container.so")
    assert said(root.run([f"{shipped}/program"], "/tmp")) == FOUND
    moved = root.inside("/opt/shipped/elsewhere")
    root.inside(shipped).rename(moved)
    assert said(root.run(["../shipped/elsewhere/program"], "/opt/applications")) == FOUND


def test_a_folder_may_carry_its_own_python(root: Debian13, shipped: str) -> None:
    target = root.inside(shipped)
    shutil.copy2(root.inside(f"{LIBRARY}.hidden"), target / "libperry_container.so")
    shutil.copytree(root.inside(f"{CHECKOUT}/build/site"), target / "site")
    libpython = next(root.inside("/usr/lib").glob("*-linux-gnu/libpython3.*.so.1.0"))
    version = libpython.name.removeprefix("libpython").removesuffix(".so.1.0")
    shutil.copy2(libpython, target)
    shutil.copytree(
        root.inside(f"/usr/lib/python{version}"), target / f"lib/python{version}", symlinks=True,
        ignore=shutil.ignore_patterns("test", "config-*", "dist-packages", "sitecustomize.py"),
    )  # fmt: skip
    # The system's Python is out of sight for this one program.
    hide = f"mount -t tmpfs none /usr/lib/python{version}; mount --bind /dev/null /{libpython.relative_to(root.path)}; "
    assert said(root.run(["sh", "-c", f"{hide} exec {shipped}/program"], "/tmp")) == FOUND


def test_without_the_library_every_call_rejects_and_says_where_it_looked(root: Debian13, shipped: str) -> None:
    first, second = said(root.run([f"{shipped}/program"], "/tmp"))
    assert first == "unknown false"
    error = json.loads(second)
    assert (error["code"], error["kind"]) == (503, "BackendNotAvailable")
    assert [place["path"] for place in error["places"]] == [
        f"{shipped}/libperry_container.so",
        f"{shipped}/lib/libperry_container.so",
        f"{shipped}/site/perry_ffi/lib/libperry_container.so",
        f"{shipped}/node_modules/perry-container/lib/libperry_container.so",
        f"{shipped}/node_modules/perry-container-linux-x64-gnu/libperry_container.so",
        LIBRARY,
    ]
    assert all(place["reason"] == "no such file" for place in error["places"])
    assert "beside the program" in error["remedy"]


def test_another_library_of_that_name_is_refused(root: Debian13, shipped: str) -> None:
    source = root.inside("/tmp/another.c")
    source.write_text("int another(void) { return 1; }\n")
    root.check(["cc", "-shared", "-fPIC", "/tmp/another.c", "-o", f"{shipped}/libperry_container.so"])
    error = json.loads(said(root.run([f"{shipped}/program"], "/tmp"))[1])
    assert error["code"] == 503
    root.inside(f"{shipped}/libperry_container.so").write_text("no library at all")
    error = json.loads(said(root.run([f"{shipped}/program"], "/tmp"))[1])
    assert "invalid ELF header" in error["places"][0]["reason"] or "too short" in error["places"][0]["reason"]
