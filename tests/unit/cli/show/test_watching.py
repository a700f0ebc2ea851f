from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from perry_ffi.cli.screen import Screen
from perry_ffi.cli.show import watching
from perry_ffi.cli.show.watching import Lines, Painted, watch


def row(name: str, state: str = "running", **more: Any) -> dict[str, Any]:
    return {"Name": name, "ID": name, "State": state, "Health": "", "ExitCode": 0, "Publishers": [], "Status": "Up 1 s", **more}


class Small(Screen):
    """Of six lines."""

    size = (20, 6)


def names(rows: Sequence[Any]) -> str:
    return "".join(f"{one['Name']} {one['State']}\n" for one in rows)


def test_a_line_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    """What only grew older is no change."""
    lines = Lines()

    def said() -> list[str]:
        return [line.partition(" ")[2] for line in capsys.readouterr().out.splitlines()]

    lines.show([row("a"), row("b", "created")])
    assert said() == ["a running", "b created"]
    lines.show([row("a", Status="Up 2 s"), row("b", Health="starting")])
    assert said() == ["b running (starting)"]
    lines.show([row("b", "exited", ExitCode=3)])
    assert said() == ["b exited (exit code 3)", "a removed"]
    lines.show([row("b", "exited", ExitCode=3)])
    assert said() == []


def test_in_another_form(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(lambda rows: "".join(json.dumps(one) + "\n" for one in rows))
    lines.show([row("a")])
    lines.show([])
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["Name"], one["State"]) for one in found] == [("a", "running"), ("a", "removed")]


def test_painted_over(capsys: pytest.CaptureFixture[str]) -> None:
    painted = Painted(Small({}), names)
    painted.show([row("a"), row("b")])
    assert capsys.readouterr().out == "\x1b[2Ka running\n\x1b[2Kb running\n\x1b[J"
    painted.show([row("a")])
    assert capsys.readouterr().out == "\x1b[2F\x1b[2Ka running\n\x1b[J"
    painted.show([row(f"a-name-that-is-long-{number}") for number in range(9)])
    lines = capsys.readouterr().out.split("\n")
    assert lines[0].startswith("\x1b[1F") and lines[4] == "\x1b[2K… 5 more" and len(lines) == 6
    assert all(len(line.rpartition("\x1b[2K")[2]) <= 20 for line in lines[:5])


def test_it_looks_again_when_something_happens_and_ends_with_it() -> None:
    looks = 0

    async def work() -> list[int]:
        seen: list[int] = []

        async def look() -> list[Any]:
            nonlocal looks
            looks += 1
            return [row(f"n{looks}")]

        class Shown(Lines):
            def show(self, rows: Sequence[Any]) -> None:
                seen.append(len(rows))

        async def happens() -> AsyncIterator[object]:
            await asyncio.sleep(0.05)
            yield 1
            yield 2

        await asyncio.wait_for(watch(happens(), look, Shown()), 5)
        return seen

    assert asyncio.run(work()) == [1, 1] and looks == 2


def test_it_looks_once_more_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine may list as running what it has told the end of."""
    monkeypatch.setattr(watching, "LATE_SECONDS", 0.05)
    looks: list[int] = []

    async def work() -> None:
        async def look() -> list[Any]:
            looks.append(1)
            return []

        async def happens() -> AsyncIterator[object]:
            yield 1
            await asyncio.sleep(1)

        await asyncio.wait_for(watch(happens(), look, Lines()), 5)

    asyncio.run(work())
    assert 3 <= len(looks) <= 4


def test_what_fails_is_raised() -> None:
    async def look() -> list[Any]:
        return []

    async def happens() -> AsyncIterator[object]:
        raise OSError("the engine went away")
        yield

    with pytest.raises(OSError, match="went away"):
        asyncio.run(watch(happens(), look, Lines()))
