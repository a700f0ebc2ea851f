"""SIGINT, SIGTERM and SIGHUP at ten moments of an ``up``: what is left is what there was, or what has stopped."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest

from tests.live.command_line import CommandLine
from tests.live.stack_support import Stacks, held, nothing_of, stacks  # noqa: F401

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]
MOMENTS = 10
DIES = ["sh", "-c", "echo begins; trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]


def three(stacks: Stacks) -> dict[str, Any]:
    """A web that waits for a database that takes a second, and one beside them."""
    probe = {"test": ["CMD", "test", "-e", "/ready"], "interval": "300ms", "start_period": "20s"}
    slow = ["sh", "-c", "trap 'exit 0' TERM; sleep 1; touch /ready; while :; do sleep 1 & wait $$!; done"]
    return stacks.spec({
        "web": {"command": DIES, "depends_on": {"db": {"condition": "service_healthy"}}},
        "db": {"command": slow, "healthcheck": probe},
        "side": {"command": DIES},
    })  # fmt: skip


async def down(stacks: Stacks) -> None:
    """Whatever there is of the project goes."""
    report = await stacks.call("down_by_project", stacks.prefix, None)
    assert report["errors"] == [] and nothing_of(stacks.engine, stacks.prefix), report


def running(stacks: Stacks) -> list[str]:
    rows = stacks.ask("/containers/json")
    return [name for row in rows for name in row["Names"] if stacks.prefix in name]


def interrupted(shell: CommandLine, words: tuple[str, ...], seconds: float, number: signal.Signals) -> tuple[int, str]:
    """A signal so long after the start. Its status; one that came before the program listened ends it as any other."""
    process = shell.begin(*words)
    time.sleep(seconds)
    if process.poll() is None:
        process.send_signal(number)
    _, said = process.communicate(timeout=90)
    assert "Traceback" not in said, said
    return process.returncode, said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ten_moments_of_an_attached_up(stacks: Stacks, number: signal.Signals) -> None:
    """Either everything was put back, or everything stands still; nothing runs on."""
    shell = CommandLine(stacks, three(stacks))
    began = time.monotonic()
    shell.does("up", "-d", "--wait")
    whole = time.monotonic() - began
    await down(stacks)
    outcomes = set()
    for moment in range(MOMENTS):
        status, said = interrupted(shell, ("up",), whole * 1.3 * moment / (MOMENTS - 1), number)
        assert status in (128 + number, -number), (moment, status, said)
        assert running(stacks) == [], (moment, said)
        rows = held(stacks.engine, stacks.prefix)["containers"]
        assert len(rows) in (0, 3), (moment, rows, said)
        outcomes.add(len(rows))
        await down(stacks)
    assert 0 in outcomes


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ten_moments_of_a_wait(stacks: Stacks, number: signal.Signals) -> None:
    """What was there before is there again, unless all was done by then."""
    shell = CommandLine(stacks, three(stacks))
    began = time.monotonic()
    shell.does("up", "-d", "--wait")
    whole = time.monotonic() - began
    await down(stacks)
    put_back = 0
    for moment in range(MOMENTS):
        status, said = interrupted(shell, ("up", "--wait"), whole * 1.1 * moment / (MOMENTS - 1), number)
        if status == 0:
            assert len(running(stacks)) == 3
        else:
            assert status in (128 + number, -number), (moment, status, said)
            assert nothing_of(stacks.engine, stacks.prefix), (moment, said)
            put_back += 1
        await down(stacks)
    assert put_back >= 3


async def test_a_terminal_that_is_closed_is_an_interrupt(stacks: Stacks) -> None:
    """What this up did not start runs on."""
    document = three(stacks)
    document["services"]["tool"] = {**document["services"]["side"], "profiles": ["tools"]}
    shell = CommandLine(stacks, document)
    shell.does("up", "-d", "tool")
    process = shell.begin("up")
    assert process.stdout is not None
    while "web-1" not in (line := process.stdout.readline()):
        assert line
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 129
    assert {name.lstrip("/") for name in running(stacks)} == {f"{stacks.prefix}-tool-1"}


async def test_nobody_reads_the_logs_any_more(stacks: Stacks) -> None:
    """Then nobody could stop what runs, so that it stops."""
    talks = ["sh", "-c", "trap 'exit 0' TERM; while :; do echo word; sleep 1 & wait $$!; done"]
    shell = CommandLine(stacks, stacks.spec({"web": {"command": talks}}))
    process = shell.begin("up")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(60) != 0 and "nobody reads the logs any more" in said and running(stacks) == []


async def test_the_third_interrupt_of_a_run_kills_it(stacks: Stacks) -> None:
    """A main process that handles no signal is not ended by those that are passed on."""
    shell = CommandLine(stacks, stacks.spec({"web": {"command": DIES}}))
    process = shell.begin("run", "--rm", "-T", "web", "sh", "-c", "echo begins; exec sleep 60")
    assert process.stdout is not None and process.stdout.readline() == "begins\n"
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 137 and "SIGINT was passed on; once more kills it" in said
    assert not held(stacks.engine, stacks.prefix)["containers"]
    await down(stacks)
