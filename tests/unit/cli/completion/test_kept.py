"""What was told before is told again without a parser, and only for as long as it holds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.cli.completion import declared, kept
from perry_ffi.cli.main import Invocation
from tests.support.command_line import parsed

SOURCE = Path(__file__).resolve().parents[4] / "src"
LATER = kept.SETTLED_SECONDS + 1


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One entry each time that the files are read; what has just been written is taken to have been there for a while."""
    found: list[None] = []
    load = declared._loaded

    def counted(*words: Any) -> Any:
        found.append(None)
        return load(*words)

    monkeypatch.setattr(declared, "_loaded", counted)
    monkeypatch.setattr(kept, "SETTLED_SECONDS", -60)
    return found


def names(folder: Path, *words: str, **more: str) -> list[str]:
    env = {"XDG_CACHE_HOME": str(folder / "caches"), **more}
    found = declared.services(parsed([*words, "complete", "services"]), Invocation(env, str(folder)))
    return [f"{one.name} {one.text} {','.join(one.profiles)}".strip() for one in found]


def write(path: Path, *services: str) -> None:
    path.write_text(f"services: {{{', '.join(f'{name}: {{image: {name}-image}}' for name in services)}}}\n")


def test_an_answer_is_told_again_without_reading_the_files(tmp_path: Path, loads: list[None]) -> None:
    (tmp_path / "compose.yaml").write_text('services: {b: {build: ., profiles: [x, y]}, a: {image: "é\\n"}}\n')
    first = names(tmp_path)
    assert names(tmp_path) == names(tmp_path) == first and first[1] == "b built here x,y"
    assert len(loads) > 1  # A name of two lines is told as it is, and not kept.
    loads.clear()
    (tmp_path / "compose.yaml").write_text("services: {b: {build: ., profiles: [x, y]}, a: {image: é}}\n")
    assert names(tmp_path) == names(tmp_path) == ["a é", "b built here x,y"] and len(loads) == 1
    (entry,) = (tmp_path / "caches/perry-container/completion").iterdir()
    assert entry.stat().st_mode & 0o777 == 0o600 and entry.parent.stat().st_mode & 0o777 == 0o700


def rewritten(folder: Path) -> None:
    """The same size, and the same time of its last change."""
    before = (folder / "compose.yaml").stat()
    write(folder / "compose.yaml", "two")
    os.utime(folder / "compose.yaml", ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(folder: Path) -> None:
    write(folder / "new", "two")
    (folder / "new").replace(folder / "compose.yaml")


CHANGES: dict[str, Callable[[Path], object]] = {
    "the file is written again": rewritten,
    "another takes its place": replaced,
    "an override appears": lambda folder: write(folder / "compose.override.yaml", "two"),
    "an env file appears that names other files": lambda folder: (folder / ".env").write_text("COMPOSE_FILE=other.yaml\n"),
    "it goes": lambda folder: (folder / "compose.yaml").unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_answer_ends_with_what_it_follows_from(tmp_path: Path, loads: list[None], change: str) -> None:
    write(tmp_path / "compose.yaml", "one")
    write(tmp_path / "other.yaml", "two")
    assert names(tmp_path) == names(tmp_path) == ["one one-image"]
    CHANGES[change](tmp_path)
    assert ("one one-image" in names(tmp_path)) == ("override" in change)
    assert ("two two-image" in names(tmp_path)) == (change != "it goes")


def test_files_that_files_name_count_too(tmp_path: Path, loads: list[None]) -> None:
    """An include, the env file beside it, a file that is extended."""
    (tmp_path / "part").mkdir()
    (tmp_path / "compose.yaml").write_text("include: [part/one.yaml]\nservices: {a: {extends: {file: base.yaml, service: s}}}\n")
    (tmp_path / "part/one.yaml").write_text("services: {b: {image: 'i${TAG:-1}'}}\n")
    (tmp_path / "base.yaml").write_text("services: {s: {image: x}}\n")
    assert names(tmp_path) == names(tmp_path) == ["a x", "b i1"] and len(loads) == 1
    (tmp_path / "part/.env").write_text("TAG=2\n")
    assert names(tmp_path) == ["a x", "b i2"]
    (tmp_path / "base.yaml").write_text("services: {s: {image: y}}\n")
    assert names(tmp_path) == ["a y", "b i2"]


def test_a_nearer_file_and_another_question_are_read(tmp_path: Path, loads: list[None]) -> None:
    """The folder, the flags and the variables are the question."""
    write(tmp_path / "compose.yaml", "far")
    write(tmp_path / "other.yaml", "other")
    near = tmp_path / "near"
    near.mkdir()
    assert names(near) == names(near) == ["far far-image"] and len(loads) == 1
    write(near / "compose.yml", "near")
    assert names(near) == ["near near-image"]
    assert names(tmp_path, "-f", "other.yaml") == names(tmp_path, COMPOSE_FILE="other.yaml") == ["other other-image"]
    assert names(tmp_path) == ["far far-image"]


def test_what_has_just_been_written_is_not_kept(tmp_path: Path) -> None:
    """It may be written again, at the same time as the clock of its file system has it."""
    one = kept.Kept(str(tmp_path / "caches"), ["question"])
    file = tmp_path / "compose.yaml"
    write(file, "one")
    one.keep([["one", "image"]], [str(file)], now=file.stat().st_ctime + kept.SETTLED_SECONDS / 2)
    assert one.rows() is None
    one.keep([["one", "image"]], [str(file), str(tmp_path / "absent")], now=file.stat().st_ctime + LATER)
    assert one.rows() == [["one", "image"]]
    assert kept.Kept(str(tmp_path / "caches"), ["quest", "ion"]).rows() is None


def test_a_file_that_is_damaged_is_no_answer(tmp_path: Path) -> None:
    one = kept.Kept(str(tmp_path), ["question"])
    one.keep([["one", "image", "profile"], ["two", "image"]], [], now=0)
    (entry,) = tmp_path.iterdir()
    whole = entry.read_bytes()
    assert one.rows() == [["one", "image", "profile"], ["two", "image"]]
    for size in range(len(whole)):
        entry.write_bytes(whole[:size])
        assert one.rows() is None
    entry.write_bytes(b"\0".join([whole.split(b"\0")[0], b"9", b"end"]))
    assert one.rows() is None


def test_old_answers_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 4)
    monkeypatch.setattr(kept, "LEFT", 2)
    for number in range(5):
        kept.Kept(str(tmp_path), [str(number)]).keep([], [], now=0)
    assert len(list(tmp_path.iterdir())) == 2 and kept.Kept(str(tmp_path), ["4"]).rows() == []


def test_nothing_is_kept_where_there_is_no_place_for_it(tmp_path: Path) -> None:
    assert kept.folder({}) is kept.folder({"XDG_CACHE_HOME": "here"}) is None
    (tmp_path / "file").write_text("")
    one = kept.Kept(str(tmp_path / "file/completion"), ["question"])
    one.keep([], [], now=0)
    assert one.rows() is None


def test_what_a_second_tab_loads(tmp_path: Path) -> None:
    """No parser, no expressions, none of the standard library's heavier modules: Python's own start is most of what is left."""
    write(tmp_path / "compose.yaml", "one", "two")
    code = (
        "import sys, perry_ffi.cli.completion.kept as kept; kept.SETTLED_SECONDS = -60\n"
        "from perry_ffi.cli.main import main; main(['complete', 'services'])\n"
        "print([name for name in ('yaml', 're', 'typing', 'contextlib', 'hashlib', 'collections') if name in sys.modules])"
    )
    env = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(tmp_path / "caches"), "PYTHONPATH": str(SOURCE)}

    def told() -> list[str]:
        command = [sys.executable, "-c", code]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout.splitlines()

    first, second = told(), told()
    assert first[:2] == second[:2] == ["one\tone-image", "two\ttwo-image"]
    assert "'yaml'" in first[2] and second[2] == "[]"
