"""Where the library lies, what lies beside it, and what the environment says about Python."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import library as lib
from tests.support.library import Host

pytestmark = pytest.mark.abi


def answers(ran: lib.Ran) -> list[Any]:
    """The JSON lines that a program printed; nothing else may have been printed."""
    assert (ran.status, ran.err) == (0, ""), ran
    return [json.loads(line) for line in ran.out.splitlines()]


def asks(host: Host, cwd: Path | None = None, **env: str) -> list[Any]:
    return answers(host.run("one", "asks", cwd=cwd, **env))


def assert_alive(rows: list[Any]) -> None:
    assert [row["code"] for row in rows] == [404, 400], rows


def test_as_it_is(host: Host) -> None:
    assert_alive(asks(host))


def test_in_another_folder(plain_host: Host, tmp_path: Path) -> None:
    copied = lib.copy_library(plain_host.library, tmp_path / "a folder, with ünusual signs")
    assert_alive(asks(plain_host.at(copied)))


def test_through_a_link(plain_host: Host, tmp_path: Path) -> None:
    """The packages are those beside the file, not beside the link."""
    link = tmp_path / "lib" / lib.NAME
    link.parent.mkdir()
    link.symlink_to(plain_host.library.resolve())
    assert_alive(asks(plain_host.at(link)))


HOSTILE = "raise SystemExit('a file of the wrong place was imported')\n"


def test_files_in_the_working_folder_are_not_imported(plain_host: Host, tmp_path: Path) -> None:
    for name in ("asyncio", "json", "os", "pydantic_core", "perry_ffi", "sitecustomize", "usercustomize", "_cffi_backend"):
        (tmp_path / f"{name}.py").write_text(HOSTILE)
    assert_alive(asks(plain_host, cwd=tmp_path))
    assert_alive(asks(plain_host, cwd=tmp_path, PYTHONPATH=str(tmp_path)))


@pytest.mark.parametrize(
    "env",
    [
        {"PYTHONHOME": "/nonexistent"},
        {"PYTHONPATH": "/nonexistent", "PYTHONNOUSERSITE": "", "PYTHONSTARTUP": "/nonexistent"},
        {"PYTHONVERBOSE": "2", "PYTHONDEBUG": "1", "PYTHONINSPECT": "1", "PYTHONDEVMODE": "1", "PYTHONWARNINGS": "error"},
        {"PYTHONMALLOC": "debug", "PYTHONFAULTHANDLER": "1", "PYTHONTRACEMALLOC": "5", "PYTHONASYNCIODEBUG": "1"},
        {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C", "LANG": "xx_YY.broken"},
        {"PYTHONPLATLIBDIR": "nowhere", "PYTHONEXECUTABLE": "/nonexistent", "__PYVENV_LAUNCHER__": "/nonexistent"},
        {"PERRY_CONTAINER_BACKEND": ""},
    ],
    ids=lambda env: next(iter(env)),
)
def test_the_environment_of_python_is_not_read(plain_host: Host, env: dict[str, str]) -> None:
    assert_alive(asks(plain_host, **env))


def test_an_empty_environment(plain_host: Host) -> None:
    program = plain_host.program("one")
    bare = {"LD_LIBRARY_PATH": str(plain_host.library.parent)}
    assert_alive(answers(lib.run([program, "asks"], bare)))


def test_an_active_virtual_environment(plain_host: Host, tmp_path: Path) -> None:
    """Of another application: its packages are not ours, and its PATH comes first."""
    place = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    packages = next(place.glob("lib/python*/site-packages"))
    (packages / "pydantic_core.py").write_text(HOSTILE)
    assert_alive(asks(plain_host, VIRTUAL_ENV=str(place), PATH=f"{place}/bin:/usr/bin:/bin"))


def test_without_its_packages(plain_host: Host, tmp_path: Path) -> None:
    lib.needs_packages_on_disk("it has them with it")
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy2(plain_host.library, alone / lib.NAME)
    for row in asks(plain_host.at(alone / lib.NAME)):
        assert (row["code"], row["kind"]) == (503, "BackendNotAvailable")
        assert "packages are not beside the shared object" in row["message"]
        assert f"{alone}/site" in row["message"]


def test_packages_that_do_not_import(plain_host: Host, tmp_path: Path) -> None:
    lib.needs_packages_on_disk("they are compiled when it is built")
    broken = lib.copy_library(plain_host.library, tmp_path / "copy", replace={"bridge/entry.py": "def (:\n"})
    for row in asks(plain_host.at(broken)):
        assert (row["code"], row["kind"]) == (503, "BackendNotAvailable")
        assert "do not import" in row["message"] and "entry.py" in row["message"]


def test_a_package_that_is_not_there(plain_host: Host, tmp_path: Path) -> None:
    lib.needs_packages_on_disk("what is linked cannot be taken away")
    copied = lib.copy_library(plain_host.library, tmp_path / "copy")
    next((copied.parent / "site").glob("_cffi_backend*")).unlink()
    for row in asks(plain_host.at(copied)):
        assert (row["code"], row["kind"]) == (503, "BackendNotAvailable")
        assert "_cffi_backend" in row["message"]


# Not an import statement, which the build of the static form would not let pass.
LATE_BREAK = "raise ModuleNotFoundError('nothing like it')\n"


def test_a_module_that_breaks_later(plain_host: Host, tmp_path: Path) -> None:
    """Only the operations that need it fail."""
    broken = lib.copy_library(plain_host.library, tmp_path / "copy", replace={"api/containers.py": LATE_BREAK})
    alive, failed = asks(plain_host.at(broken))
    assert alive["code"] == 404
    assert (failed["code"], failed["kind"], failed["type"]) == (500, "InternalError", "ModuleNotFoundError")


def test_the_serving_loop_does_not_import(plain_host: Host, tmp_path: Path) -> None:
    broken = lib.copy_library(plain_host.library, tmp_path / "copy", replace={"bridge/server.py": "1 / 0\n"})
    for row in asks(plain_host.at(broken)):
        assert row["code"] == 500
        assert "ZeroDivisionError" in row["reason"]


def test_packages_of_another_version(plain_host: Host, tmp_path: Path) -> None:
    rows = (lib.ROOT / "src/perry_ffi/abi/rows.py").read_text()
    other = rows.replace('DIGEST = "', 'DIGEST = "0')
    copied = lib.copy_library(plain_host.library, tmp_path / "copy", replace={"abi/rows.py": other})
    for row in asks(plain_host.at(copied)):
        assert row["code"] == 500
        assert "another version" in row["reason"]


# -- loaded by hand -------------------------------------------------------------------------------


def load(host: Host, case: str, *libraries: Path) -> lib.Ran:
    env = host.environment()
    del env["LD_LIBRARY_PATH"]
    return lib.run([host.program("loader", linked=False), case, *libraries], env)


def test_opened_with_local_symbols(host: Host) -> None:
    assert_alive(answers(load(host, "opens_locally", host.library)))


def test_closed_while_busy(host: Host) -> None:
    assert [row["code"] for row in answers(load(host, "closes_while_busy", host.library))] == [404]


@pytest.fixture
def second_copy(plain_host: Host, tmp_path: Path) -> Path:
    return lib.copy_library(plain_host.library, tmp_path / "second")


def test_a_second_copy_is_rejected_and_the_first_goes_on(plain_host: Host, second_copy: Path) -> None:
    rows = answers(load(plain_host, "two_copies_in_turn", plain_host.library, second_copy))
    assert [row["code"] for row in rows] == [404, 503, 404, 503]
    assert "another copy" in rows[1]["message"]


def test_of_two_copies_that_start_together_one_works(plain_host: Host, second_copy: Path) -> None:
    for _ in range(10):
        rows = answers(load(plain_host, "two_copies_together", plain_host.library, second_copy))
        assert sorted(row["code"] for row in rows) == [404, 503]
