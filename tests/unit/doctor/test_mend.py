from __future__ import annotations

import time
from pathlib import Path

import pytest

from perry_ffi.doctor import mend
from perry_ffi.errors import NotFound, Timeout
from perry_ffi.settings import Settings
from tests.support.doctoring import program

pytestmark = pytest.mark.anyio


def settings(folder: Path) -> Settings:
    return Settings.from_environ({"HOME": str(folder), "PATH": f"{folder}:/usr/bin:/bin"})


async def test_commands_run_one_after_the_other_and_are_heard(tmp_path: Path) -> None:
    program(tmp_path, "one", 'echo "one $1"')
    program(tmp_path, "two", "echo two >&2")
    heard: list[str] = []
    ran = await mend.run(settings(tmp_path), [("one", "a b; c"), ("two",)], tell=heard.append)
    assert (ran.exit_code, ran.output) == (0, "one a b; c\ntwo\n") and "".join(heard) == ran.output


async def test_the_first_that_fails_is_the_last(tmp_path: Path) -> None:
    program(tmp_path, "one", "exit 3")
    program(tmp_path, "two", f"touch {tmp_path}/made")
    assert (await mend.run(settings(tmp_path), [("one",), ("two",)])).exit_code == 3
    assert not (tmp_path / "made").exists()


async def test_a_program_that_the_first_one_installs_is_found(tmp_path: Path) -> None:
    program(tmp_path, "one", f"printf '#!/bin/sh\\necho new\\n' > {tmp_path}/two; chmod +x {tmp_path}/two")
    assert (await mend.run(settings(tmp_path), [("one",), ("two",)])).output == "new\n"


async def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="the program gone is not installed"):
        await mend.run(settings(tmp_path), [("gone",)])


async def test_nothing_is_asked_and_nothing_waits_for_ever(tmp_path: Path) -> None:
    program(tmp_path, "asks", 'read line; echo "<$line>"')
    assert (await mend.run(settings(tmp_path), [("asks",)])).output == "<>\n"
    program(tmp_path, "hangs", "exec sleep 60")
    before = time.monotonic()
    with pytest.raises(Timeout, match="hangs: not done within 0.2 s"):
        await mend.run(settings(tmp_path), [("hangs",)], 0.2)
    assert time.monotonic() - before < 5


async def test_a_service_that_is_left_behind_is_not_waited_for(tmp_path: Path) -> None:
    program(tmp_path, "starts", "sleep 5 & echo started")
    before = time.monotonic()
    assert (await mend.run(settings(tmp_path), [("starts",)])).output == "started\n"
    assert time.monotonic() - before < 4


async def test_only_the_end_of_much_is_kept(tmp_path: Path) -> None:
    program(tmp_path, "talks", "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done")
    ran = await mend.run(settings(tmp_path), [("talks",)])
    assert len(ran.output) == mend.KEPT and ran.output.endswith("line 19999\n")


async def test_a_character_in_two_pieces_is_heard_whole(tmp_path: Path) -> None:
    program(tmp_path, "talks", r"printf '\303'; sleep 0.3; printf '\244\n'")
    heard: list[str] = []
    await mend.run(settings(tmp_path), [("talks",)], tell=heard.append)
    assert "".join(heard) == "ä\n"
