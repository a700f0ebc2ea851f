"""``perry-compose`` as a program of C: what it answers itself, and how it finds the library, or Python, for everything else.

That of a checkout, which becomes Python, lies here beside one that only says so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import build_ffi
from perry_ffi import __version__
from perry_ffi.cli.commands import complete
from perry_ffi.cli.completion import kept
from perry_ffi.cli.main import Invocation
from scripts.ship import launcher
from scripts.ship.answers import Answers, header, lines, of_package
from tests.support import library as lib
from tests.support.command_line import parsed

pytestmark = pytest.mark.abi
NOTHING = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C"}


PACKAGED, CHECKOUT = "packaged", "of a checkout"
BECOMES_PYTHON = "#!/bin/sh\necho becomes Python >&2\nexit 127\n"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The two forms: in a folder without a library; beside another Python, on sources of its own."""
    folder = tmp_path_factory.mktemp("launcher")
    packaged = launcher.build(lib.ROOT / "build" / lib.NAME, folder / "perry-compose", lib.compiler())
    shutil.copytree(
        build_ffi.PACKAGE, folder / "src/perry_ffi", ignore=shutil.ignore_patterns("__pycache__", "start.modules", "start.tables")
    )
    checkout = build_ffi.build_launcher(folder / "bin/perry-compose", folder / "objects", "../src/perry_ffi")
    python_beside(checkout).write_text(BECOMES_PYTHON)
    python_beside(checkout).chmod(0o755)
    return {PACKAGED: packaged, CHECKOUT: checkout}


@pytest.fixture
def program(programs: dict[str, Path], request: pytest.FixtureRequest) -> Path:
    """The packaged one; in tests of each form the one that is named."""
    return programs[getattr(request, "param", PACKAGED)]


each_form = pytest.mark.parametrize("program", [PACKAGED, CHECKOUT], indirect=True)


@pytest.fixture(scope="module")
def beside(programs: dict[str, Path]) -> Path:
    """The packaged one beside the library of the checkout, by a link of that."""
    folder = programs[PACKAGED].parent / "beside"
    folder.mkdir()
    (folder / lib.NAME).symlink_to(lib.ROOT / "build" / lib.NAME)
    return Path(shutil.copy2(programs[PACKAGED], folder))


def test_the_answers_are_those_of_the_program_in_python(programs: dict[str, Path]) -> None:
    """Read from a table, without a library or a Python; all commands and their aliases are in it."""
    wanted = lines()
    assert ["convert", "--help"] in wanted and ["trust", "show", "-h"] in wanted and ["completion", "fish"] in wanted
    code = "import sys; from perry_ffi.cli.main import main; sys.exit(main(sys.argv[1:]))"
    for words in wanted:
        said = lib.run([sys.executable, "-c", code, *words], NOTHING)
        assert said.status == 0, words
        for form, program in programs.items():
            assert lib.run([program, *words], NOTHING) == said, (form, words)


def test_nothing_is_loaded_for_an_answer(beside: Path) -> None:
    traced = lib.run([beside, "version"], {**NOTHING, "LD_DEBUG": "files"})
    assert traced.out == f"perry-compose version {__version__}\n" and lib.NAME not in traced.err


@pytest.mark.parametrize("words", [["--nonsense"], ["up --help"], ["version", "--"], [""], ["config"], ["-f", "none", "config"]])
def test_all_else_is_the_library_s(beside: Path, tmp_path: Path, words: list[str]) -> None:
    said = lib.run([beside, *words], NOTHING, cwd=tmp_path)
    assert said == lib.run([sys.executable, "-m", "perry_ffi.cli", *words], NOTHING, cwd=tmp_path)


@each_form
@pytest.mark.parametrize("words", ["version", "up --help", "", "completion bash"])
def test_outputs_that_take_nothing(program: Path, words: str) -> None:
    def shell(line: str) -> tuple[int, str]:
        done = subprocess.run(["bash", "-c", line, str(program), *words.split()], env=NOTHING, capture_output=True, text=True)
        return done.returncode, done.stderr

    assert shell('"$0" "$@" >/dev/full') == (1, "perry-compose: standard output: No space left on device\n")
    assert shell('"$0" "$@" >&-') == (1, "perry-compose: standard output: Bad file descriptor\n")
    assert shell('trap "" PIPE; "$0" "$@" | true; exit 0') == (0, "")


@each_form
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


@each_form
@pytest.mark.parametrize("words", ["version", "completion bash"])
@pytest.mark.parametrize("variable", ["COMPOSE_PROGRESS", "COMPOSE_PARALLEL_LIMIT"])
def test_variables_that_a_command_checks_are_not_overlooked(program: Path, words: str, variable: str) -> None:
    assert lib.run([program, *words.split()], {**NOTHING, variable: "nonsense"}).status == 127


@each_form
def test_a_folder_that_is_gone_is_not_overlooked(program: Path, tmp_path: Path) -> None:
    line = 'rmdir "$PWD" && exec "$0" version'
    assert subprocess.run(["bash", "-c", line, program], cwd=tmp_path, env=NOTHING, capture_output=True).returncode == 127


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
    assert header(Answers({"a b": '"\\?é\n'})) == (
        'static const answer answers[] = {\n    {" a b", "\\042\\134\\077\\303\\251\\012"},\n    {NULL, NULL},\n};\n'
    )


# -- of a checkout: sources that change ------------------------------------------------------------------------


@pytest.fixture
def sources(programs: dict[str, Path]) -> Path:
    """The folder with the sources of the program of a checkout."""
    return programs[CHECKOUT].parents[1] / "src/perry_ffi"


def answers(programs: dict[str, Path], words: str = "version", **env: str) -> bool:
    """Whether the program of a checkout answers by itself."""
    said = lib.run([programs[CHECKOUT], *words.split()], {**NOTHING, **env})
    assert (said.status, said.err) in ((0, ""), (127, "becomes Python\n"))
    return said.status == 0


def test_whatever_gave_the_answers_may_change(programs: dict[str, Path], sources: Path) -> None:
    """Each of the modules, in a letter, and when it goes; what is as it was again is answered again."""
    names = of_package(sources).sources
    assert {"__init__.py", "cli/help.py", "cli/commands/up.py", "cli/completion/fish.py", "cli/completion/kept.py"} <= {*names}
    for name in names:
        file = sources / name
        before = file.read_bytes()
        file.write_bytes(before[:-1] + b" ")
        assert not answers(programs) and not answers(programs, "up --help"), name
        file.unlink()
        assert not answers(programs), name
        file.write_bytes(before)
        assert answers(programs), name


def test_other_modules_change_no_answer(programs: dict[str, Path], sources: Path) -> None:
    assert "compose/load.py" not in of_package(sources).sources
    (sources / "compose/load.py").write_text("")
    assert answers(programs) and answers(programs, "--help")


def test_variables_of_python_send_it_elsewhere(programs: dict[str, Path]) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONVERBOSE", "PYTHONWARNINGS", "PYTHONUTF8", "PYTHONUNBUFFEREDNOT"):
        assert not answers(programs, **{name: "1"}) and not answers(programs, **{name: ""}), name
    assert answers(
        programs,
        PYTHONUNBUFFERED="1",
        PYTHONDONTWRITEBYTECODE="1",
        PYTHON_VERSION="3.11.7",
        PYTHON="",
        NO_PYTHON="1",
        TERM="xterm",
        COLUMNS="40",
    )


def test_words_that_are_not_known_become_python(programs: dict[str, Path]) -> None:
    for words in ("--ansi never version", "-p n --help", "version --nonsense", "up", "complete services", "complete", "helps"):
        assert not answers(programs, words), words


def test_without_its_python_beside_it_it_answers_nothing(programs: dict[str, Path], tmp_path: Path) -> None:
    """It becomes the one that built it, whose package may be another."""
    (tmp_path / "src").symlink_to(programs[CHECKOUT].parents[1] / "src")
    (tmp_path / "bin").mkdir()
    moved = Path(shutil.copy2(programs[CHECKOUT], tmp_path / "bin"))
    assert processes(moved) == 2
    shutil.copy2(python_beside(programs[CHECKOUT]), python_beside(moved))
    assert processes(moved) == 1
    python_beside(moved).chmod(0o644)
    assert processes(moved) == 2


def python_beside(program: Path) -> Path:
    return program.with_name("python{}.{}".format(*sys.version_info[:2]))


def processes(program: Path) -> int:
    """How many programs a process is, one after the other, that is asked for the version."""
    said = lib.run([program, "version"], {**NOTHING, "LD_DEBUG": "files"})
    assert said.out == f"perry-compose version {__version__}\n"
    return said.err.count("transferring control:")


def test_the_build_leaves_a_program_with_the_answers_of_the_sources() -> None:
    assert processes(Path(sys.executable).with_name("perry-compose")) == 1, "make build"


# -- what was told of services before --------------------------------------------------------------------------

SERVICES = {"web": {"image": "nginx"}, "db": {"build": "."}, "x": {"image": "i", "profiles": ["a", "b"]}}


class Completing:
    """A folder with Compose files; what Python keeps of it, and what the program, which has no library or Python there, then tells."""

    def __init__(self, folder: Path, program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._program = folder, program
        self.env = {**NOTHING, "XDG_CACHE_HOME": str(folder / "caches")}
        monkeypatch.setattr(kept, "SETTLED_SECONDS", -60)  # What was written for the test has been there for a while.
        self._said: list[str] = []
        monkeypatch.setattr(complete, "out", self._said.append)
        self.write("compose.yaml", SERVICES)

    def write(self, name: str, services: dict[str, object]) -> None:
        (self.folder / name).write_text(json.dumps({"services": services}))

    def keep(self, *words: str) -> str:
        assert complete.run(parsed([*words]), Invocation(self.env, str(self.folder))) == 0
        return self._said.pop()

    def told(self, *words: str) -> str | None:
        """None where it asks for the library, or for Python."""
        said = lib.run([self._program, *words], self.env, cwd=self.folder)
        assert (said.status, bool(said.err)) in ((0, False), (127, True)) and (said.out or said.status or not said.err)
        return None if said.status else said.out


@pytest.fixture
def completing(tmp_path: Path, program: Path, monkeypatch: pytest.MonkeyPatch) -> Completing:
    return Completing(tmp_path, program, monkeypatch)


@each_form
@pytest.mark.parametrize(
    "words",
    ["complete services", "complete services we", "complete scales", "complete paths w", "-f compose.yaml complete services",
     "--file=compose.yaml --project-name n --project-directory . complete services", "-p one -p two complete services",
     "--env-file e -f compose.yaml --file other.yaml --env-file=f complete scales", "--profile a complete services"],
)  # fmt: skip
def test_services_are_told_again_without_a_library(completing: Completing, words: str) -> None:
    completing.write("other.yaml", {"web": {"image": "other"}})
    for name in "ef":
        (completing.folder / name).touch()
    line = words.split()
    assert completing.told(*line) is None
    said = completing.keep(*line)
    assert len(said.splitlines()) == 3 and completing.told(*line) == said


def test_services_of_another_question_are_not_told(completing: Completing) -> None:
    completing.write("other.yaml", {"o": {"image": "other"}})
    completing.keep("complete", "services")
    for words in ("-f other.yaml", "-p n", "--project-directory .", "--env-file e", "--workdir .", "-fcompose.yaml", "-f"):
        assert completing.told(*words.split(), "complete", "services") is None, words
    for words in ("profiles", "services a b", "services -h", "paths web:/e", "projects", ""):
        assert completing.told("complete", *words.split()) is None, words
    completing.env["MORE"] = "1"
    assert completing.told("complete", "services") is None


@each_form
@pytest.mark.parametrize("change", ["written again", "an override", "it goes", "an env file"])
def test_services_of_files_that_changed_are_not_told(completing: Completing, change: str) -> None:
    completing.keep("complete", "services")
    assert completing.told("complete", "services") is not None
    file, before = completing.folder / "compose.yaml", (completing.folder / "compose.yaml").stat()
    if change == "written again":
        file.write_text(file.read_text())
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif change == "it goes":
        file.unlink()
    else:
        (completing.folder / {"an override": "compose.override.yaml", "an env file": ".env"}[change]).touch()
    assert completing.told("complete", "services") is None


@each_form
def test_the_question_s_digest_is_python_s_for_any_variables(completing: Completing) -> None:
    """All sizes of the digest's last block; names of which one begins the other; values that are no text."""
    completing.env |= {"A_B": "1", "A": "=2", "A=": "", "B": os.fsdecode(b"\xff\xe9"), "E": "é\n"}
    completing.env.pop("A=")
    for size in range(129):
        completing.env["SIZE"] = "x" * size
        assert completing.keep("complete", "services") == completing.told("complete", "services")


def test_what_is_in_doubt_is_the_library_s(completing: Completing) -> None:
    completing.env["NÄME"] = "1"
    completing.keep("complete", "services")
    assert completing.told("complete", "services") is None
    del completing.env["NÄME"]
    completing.write("compose.yaml", {"web": {"image": "é"}})
    assert completing.keep("complete", "services") == "web\té\n"
    assert completing.told("complete", "services") is None


def test_a_kept_file_that_is_damaged_is_not_told(completing: Completing) -> None:
    said = completing.keep("complete", "services")
    [entry] = (completing.folder / "caches/perry-container/completion").iterdir()
    whole = entry.read_bytes()
    for size in (*range(0, len(whole), 11), *range(len(whole) - 5, len(whole))):
        entry.write_bytes(whole[:size])
        assert completing.told("complete", "services") is None
    fields = whole.split(b"\0")
    for wrong in ([b"other", *fields[1:]], [fields[0], b"99", *fields[2:]], [fields[0], b"-1", *fields[2:]], [*fields, b""]):
        entry.write_bytes(b"\0".join(wrong))
        assert completing.told("complete", "services") is None
    entry.write_bytes(whole)
    assert completing.told("complete", "services") == said


@each_form
def test_no_services_are_told_again_too(completing: Completing) -> None:
    completing.write("compose.yaml", {})
    assert completing.keep("complete", "services") == completing.told("complete", "services") == ""


@pytest.mark.parametrize("program", [CHECKOUT], indirect=True)
@pytest.mark.parametrize(
    "locale", ["", "LANG=C", "LC_CTYPE=POSIX", "LANG=nonsense", "LC_ALL=", "LC_ALL=C", "LANG=C.UTF-8", "LC_CTYPE=C.UTF-8"]
)
def test_the_question_is_that_of_python_in_any_language(completing: Completing, locale: str) -> None:
    """Python as a process sets a variable as it starts, where the language is none."""
    keep = (
        "from perry_ffi.cli.completion import kept; kept.SETTLED_SECONDS = -60; from perry_ffi.cli.main import program; program()"
    )
    completing.env.pop("LC_ALL")
    completing.env.update([locale.split("=")] if locale else [])
    said = lib.run([sys.executable, "-P", "-c", keep, "complete", "services"], completing.env, cwd=completing.folder)
    assert completing.told("complete", "services") == said.out and len(said.out.splitlines()) == 3
