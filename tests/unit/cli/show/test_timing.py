from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.cli.screen import Screen
from perry_ffi.cli.show.timing import Spent, Timing, critical, lines, tell
from perry_ffi.runtime.event_bus import EventBus
from tests.support.command_on_fake import Program

STEPS = [
    Spent(1, "pull image", "app", 0.0, 4.0),
    Spent(2, "create network", "p_default", 4.0, 4.1),
    Spent(3, "create container", "p-db-1", 4.1, 4.3),
    Spent(4, "start container", "p-db-1", 4.3, 4.5),
    Spent(5, "create container", "p-side-1", 4.1, 5.1),
    Spent(6, "wait", "db healthy", 4.5, 9.0),
    Spent(7, "start container", "p-web-1", 9.0, 9.5),
]
NEEDS = {3: (2,), 4: (3,), 5: (2,), 6: (4,), 7: (5, 6)}


def test_the_chain_that_the_end_waited_for() -> None:
    """Through the needs, and to the images, which nobody names."""
    assert [one.number for one in critical(STEPS, NEEDS)] == [1, 2, 3, 4, 6, 7]
    assert critical([], {}) == []
    assert [one.number for one in critical(STEPS[:1], NEEDS)] == [1]


def test_a_summary() -> None:
    told = lines("p", STEPS, NEEDS)
    assert told[0] == "p: 7 steps in 9.5 s. What the end waited for:"
    assert told[1] == "      4.0 s   42 %  pull image app" and "      4.5 s   47 %  wait db healthy" in told
    assert told[-2:] == ["Beside it, and nothing waited for it:", "      1.0 s   11 %  create container p-side-1"]
    assert lines("p", [], {}) == ["p: no step took time"]


def test_what_happens_between_steps_is_told() -> None:
    late = [Spent(1, "a", "x", 0.0, 1.0), Spent(2, "b", "y", 3.0, 4.0)]
    assert "      2.0 s   50 %  between these" in lines("p", late, {2: (1,)})


async def heard() -> list[Spent]:
    bus = EventBus()
    timing = Timing(bus)
    for number, state in ((1, "started"), (2, "started"), (1, "failed"), (1, "started"), (1, "done")):
        bus.tell("step", step=number, state=state, action="a", target=f"t{number}")
    bus.tell("warning", message="m")
    await asyncio.sleep(0)
    found = await timing.steps()
    bus.tell("step", step=2, state="done", action="a", target="t2")
    return found


def test_it_listens_until_it_is_asked() -> None:
    """A step that did not end is none; of one that was done twice the last time counts."""
    (found,) = asyncio.run(heard())
    assert (found.number, found.target) == (1, "t1") and found.seconds >= 0


@pytest.mark.parametrize("form", ["json", "plain"])
def test_its_form(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    tell(Screen({}, form), "p", STEPS, None)
    said = capsys.readouterr().err
    if form == "plain":
        assert said.startswith("p: 7 steps")
        return
    found: dict[str, Any] = json.loads(said)
    assert found["kind"] == "timing" and found["steps"][0]["critical"] and found["steps"][0]["seconds"] == 4.0


def test_an_up_tells_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Also one that fails."""
    program = Program(tmp_path, monkeypatch, capsys)
    program.file({"db": {}, "web": {"depends_on": ["db"]}})
    program.run("up", "-d", "--timing")
    assert "p: 5 steps in " in program.err and "start container p-web-1" in program.err
    program.run("up", "-d", "--timing")
    assert "p: no step took time" in program.err
    program.behave["db"] = Behaviour(exit_code=3)
    program.run("up", "-d", "--wait", "--force-recreate", "--timing", status=1)
    assert "What the end waited for" in program.err
