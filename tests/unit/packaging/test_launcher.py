"""``perry-compose`` as a program of C: what it answers itself, and how it finds the library for everything else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from perry_ffi import __version__
from scripts.ship import launcher
from scripts.ship.answers import header, lines
from tests.support import library as lib

pytestmark = pytest.mark.abi
NOTHING = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C"}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In a folder without a library."""
    return launcher.build(lib.ROOT / "build" / lib.NAME, tmp_path_factory.mktemp("launcher") / "perry-compose", lib.compiler())


@pytest.fixture(scope="module")
def beside(program: Path) -> Path:
    """The same beside the library of the checkout, by a link of that."""
    folder = program.parent / "beside"
    folder.mkdir()
    (folder / lib.NAME).symlink_to(lib.ROOT / "build" / lib.NAME)
    return Path(shutil.copy2(program, folder))


def test_the_answers_are_those_of_the_program_in_python(program: Path) -> None:
    """Read from a table, without a library; all commands and their aliases are in it."""
    wanted = lines()
    assert ["convert", "--help"] in wanted and ["trust", "show", "-h"] in wanted and ["completion", "fish"] in wanted
    code = "import sys; from perry_ffi.cli.main import main; sys.exit(main(sys.argv[1:]))"
    for words in wanted:
        said = lib.run([program, *words], NOTHING)
        assert said.status == 0 and said == lib.run([sys.executable, "-c", code, *words], NOTHING), words


def test_nothing_is_loaded_for_an_answer(beside: Path) -> None:
    traced = lib.run([beside, "version"], {**NOTHING, "LD_DEBUG": "files"})
    assert traced.out == f"perry-compose version {__version__}\n" and lib.NAME not in traced.err


@pytest.mark.parametrize("words", [["--nonsense"], ["up --help"], ["version", "--"], [""], ["config"], ["-f", "none", "config"]])
def test_all_else_is_the_library_s(beside: Path, tmp_path: Path, words: list[str]) -> None:
    said = lib.run([beside, *words], NOTHING, cwd=tmp_path)
    assert said == lib.run([sys.executable, "-m", "perry_ffi.cli", *words], NOTHING, cwd=tmp_path)


@pytest.mark.parametrize("words", ["version", "up --help", "", "completion bash"])
def test_outputs_that_take_nothing(program: Path, words: str) -> None:
    def shell(line: str) -> tuple[int, str]:
        done = subprocess.run(["bash", "-c", line, str(program), *words.split()], env=NOTHING, capture_output=True, text=True)
        return done.returncode, done.stderr

    assert shell('"$0" "$@" >/dev/full') == (1, "perry-compose: standard output: No space left on device\n")
    assert shell('"$0" "$@" >&-') == (1, "perry-compose: standard output: Bad file descriptor\n")
    assert shell('trap "" PIPE; "$0" "$@" | true; exit 0') == (0, "")


def test_a_slow_reader_gets_all_of_it(program: Path) -> None:
    whole = lib.run([program, "completion", "fish"], NOTHING).out
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    filler = os.write(writer, b"x" * (1 << 16))
    process = subprocess.Popen([program, "completion", "fish"], stdout=writer, env=NOTHING)
    os.close(writer)
    with open(reader, encoding="utf-8") as stream:
        assert stream.read()[filler:] == whole
    assert process.wait(60) == 0


def test_without_a_library_it_says_which_one_is_missing(program: Path) -> None:
    said = lib.run([program, "config"], NOTHING)
    assert (said.status, said.out) == (127, "") and f"libperry_container.so {__version__}" in said.err


PLACES = [
    "lib/python3.9/site-packages/perry_ffi/lib",
    "lib64/python3.13/site-packages/perry_ffi/lib",
    "lib/python3/dist-packages/perry_ffi/lib",
    "perry_ffi/lib",
    "lib",
]


@pytest.mark.parametrize("place", PLACES)
def test_where_it_looks(program: Path, tmp_path: Path, place: str) -> None:
    """In environments of any Python, beside the packages; through a link to it, too."""
    folder = tmp_path / "environment with blanks"
    (folder / "bin").mkdir(parents=True)
    installed = shutil.copy2(program, folder / "bin")
    (folder / place).mkdir(parents=True)
    (folder / place / lib.NAME).symlink_to(lib.ROOT / "build" / lib.NAME)
    link = tmp_path / "link"
    link.symlink_to(installed)
    for path in (installed, link):
        assert lib.run([path, "--nonsense"], NOTHING).status == 2


def test_a_library_of_another_version_is_not_taken(program: Path, tmp_path: Path) -> None:
    shutil.copy2(program, tmp_path)
    source = tmp_path / "other.c"
    source.write_text("""const char *perry_container_version(void) { return "0.0.9"; }
int perry_container_main(int argc, char **argv) { return 0; }""")
    subprocess.run([lib.compiler(), "-shared", "-fPIC", source, "-o", tmp_path / lib.NAME], check=True)
    assert lib.run([tmp_path / program.name, "config"], NOTHING).status == 127


def test_the_table_holds_any_text() -> None:
    assert header({"a b": '"\\?é\n'}) == (
        'static const answer answers[] = {\n    {" a b", "\\042\\134\\077\\303\\251\\012"},\n    {NULL, NULL},\n};\n'
    )
