from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from perry_ffi.doctor.read import questions as module
from perry_ffi.doctor.read.questions import answers, questions, read_programs
from perry_ffi.settings import Settings
from tests.support.doctoring import LINUX, MAC, at, program

pytestmark = pytest.mark.anyio


def settings(folder: Path) -> Settings:
    return Settings.from_environ({"HOME": str(folder), "PATH": f"{folder}:/usr/bin:/bin"})


def only_here(folder: Path) -> Settings:
    return Settings.from_environ({"HOME": str(folder), "PATH": str(folder)})


async def test_programs_are_found_on_the_search_path(tmp_path: Path) -> None:
    program(tmp_path, "colima", "exit 0")
    (tmp_path / "podman").write_text("not executable")
    assert read_programs(only_here(tmp_path)) == {"colima": str(tmp_path / "colima")}


async def test_only_what_is_there_and_silent_is_asked(tmp_path: Path) -> None:
    for name in ("orb", "colima", "rdctl", "limactl", "podman", "finch", "container", "docker"):
        program(tmp_path, name, "exit 0")
    (tmp_path / ".docker/desktop").mkdir(parents=True)
    every = read_programs(only_here(tmp_path))
    mac, here = replace(settings(tmp_path), platform="darwin", search_path=str(tmp_path)), replace(MAC, home=str(tmp_path))
    asked = [" ".join(argv) for argv in questions(mac, here, [], every)]
    assert asked == [
        "orb status", "colima list --json", "rdctl api /v1/backend_state", "limactl list --json",
        "podman machine list --format json", "finch vm status", "docker desktop status", "container system status --format json",
    ]  # fmt: skip
    answering = at("listening", "/c.sock", "colima")
    assert ("colima", "list", "--json") not in list(questions(mac, here, [answering], every))
    assert list(questions(mac, here, [], {})) == []
    linux = replace(mac, platform="linux")
    assert [" ".join(argv) for argv in questions(linux, LINUX, [], {"podman": "/x"})] == ["podman info --format json"]


async def test_what_a_program_says(tmp_path: Path) -> None:
    program(tmp_path, "colima", 'echo "{$*}"; echo oops >&2; exit 3')
    found = await answers(settings(tmp_path), [("colima", "list", "--json")], read_programs(only_here(tmp_path)))
    said = found["colima list --json"]
    assert (said.exit_code, said.stdout, said.stderr, said.words) == (3, "{list --json}\n", "oops\n", "oops")


async def test_programs_that_hang_are_ended_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.3)
    for name in ("colima", "limactl", "orb"):
        program(tmp_path, name, "exec sleep 60")
    asked = [("colima", "list", "--json"), ("limactl", "list", "--json"), ("orb", "status")]
    before = time.monotonic()
    short = replace(settings(tmp_path), probe_timeout=0.1)
    found = await answers(short, asked, read_programs(only_here(tmp_path)))
    assert time.monotonic() - before < 5
    assert {one.exit_code for one in found.values()} == {None}
    assert found["orb status"].words == "the program orb did not end within 0.3 s"


async def test_a_probe_that_may_take_long_gives_programs_as_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.01)
    program(tmp_path, "orb", "sleep 0.5; echo Running")
    patient = replace(settings(tmp_path), probe_timeout=60.0)
    found = await answers(patient, [("orb", "status")], read_programs(only_here(tmp_path)))
    assert found["orb status"].stdout == "Running\n"


async def test_a_program_that_talks_without_an_end(tmp_path: Path) -> None:
    program(tmp_path, "orb", "while :; do echo y; done")
    found = await answers(settings(tmp_path), [("orb", "status")], read_programs(only_here(tmp_path)))
    assert found["orb status"].exit_code is None and "more than" in found["orb status"].words
