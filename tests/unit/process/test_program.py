"""Programs that the library starts."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.errors import BackendError, NotFound, Timeout
from perry_ffi.process.program import LEFT_SECONDS, Finished, Program, find_program, reap, run_program

pytestmark = pytest.mark.anyio
SHELL = shutil.which("sh") or "/bin/sh"
ENVIRON = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}


async def shell(script: str, **options: Any) -> Finished:
    return await run_program([SHELL, "-c", script], **{"env": ENVIRON, "timeout": 30.0, **options})


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """After each test there are no more files, threads and children than before; those of other tests may end meanwhile."""
    files, threads, others = set(os.listdir("/proc/self/fd")), set(threading.enumerate()), children()
    yield
    begun = set(threading.enumerate()) - threads
    for thread in begun:
        if thread.name == "perry-program":
            thread.join(10)
    assert not [thread for thread in begun if thread.is_alive()]
    assert len(set(os.listdir("/proc/self/fd")) - files) <= 1
    assert children() <= others


def children() -> set[str]:
    """Processes started by this one that it has not waited for; engines of other tests may be among them."""
    return {pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()}


def on_a_thread(work: Callable[[], Awaitable[Any]], *, blocked: set[signal.Signals]) -> Any:
    """The result of ``work`` on an event loop in a thread that blocks signals, and that thread's mask afterwards."""
    found: list[Any] = []

    def run() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
        found.append(anyio.run(work))
        found.append(signal.pthread_sigmask(signal.SIG_BLOCK, set()))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found


def has(status: str, line: str, number: int) -> bool:
    """Whether a signal is in a set of ``/proc/PID/status``."""
    mask = next(row.split()[1] for row in status.splitlines() if row.startswith(line))
    return bool(int(mask, 16) >> (number - 1) & 1)


def test_a_program_does_not_inherit_the_blocked_sigpipe() -> None:
    blocked = {signal.SIGPIPE, signal.SIGUSR1}
    # Not through a shell: some of them clear the mask.
    look = [str(find_program("cat", ENVIRON["PATH"])), "/proc/self/status"]
    done, after = on_a_thread(lambda: run_program(look, env=ENVIRON, timeout=30), blocked=blocked)
    status = done.stdout.decode()
    assert not has(status, "SigBlk:", signal.SIGPIPE) and not has(status, "SigIgn:", signal.SIGPIPE)
    assert has(status, "SigBlk:", signal.SIGUSR1)
    assert blocked <= after


def test_a_program_dies_of_a_broken_pipe_as_it_should() -> None:
    async def work() -> int:
        program = await Program.start([str(find_program("yes", ENVIRON["PATH"]))], env=ENVIRON)
        assert await program.read(program.outputs["stdout"])
        program.close()
        with anyio.fail_after(30):
            return await program.wait()

    assert on_a_thread(work, blocked={signal.SIGPIPE})[0] == -signal.SIGPIPE


def test_a_pending_sigpipe_of_the_caller_stays_pending() -> None:
    async def work() -> bool:
        signal.pthread_kill(threading.get_ident(), signal.SIGPIPE)
        assert (await shell("exit 3")).exit_code == 3
        pending = signal.SIGPIPE in signal.sigpending()
        signal.sigtimedwait({signal.SIGPIPE}, 0)
        return pending

    old = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        assert on_a_thread(work, blocked={signal.SIGPIPE})[0] is True
    finally:
        signal.signal(signal.SIGPIPE, old)


async def test_what_a_program_says_and_how_it_ends() -> None:
    done = await shell("cat; echo oops >&2; exit 7", stdin=b"in\xff\n")
    assert done == Finished(7, b"in\xff\n", b"oops\n")
    assert (await shell("kill -9 $$")).exit_code == -9


async def test_much_both_ways_at_once() -> None:
    data = os.urandom(1 << 20) * 3
    assert (await shell("cat | tee /dev/stderr", stdin=data)) == Finished(0, data, data)


async def test_a_program_that_does_not_read_its_input() -> None:
    assert (await shell("exit 0", stdin=b"x" * (1 << 20))).exit_code == 0
    assert (await shell("exec <&-; echo on", stdin=b"x" * (1 << 20))).stdout == b"on\n"


async def test_many_at_once() -> None:
    codes: list[int] = []

    async def one(number: int) -> None:
        codes.append((await shell(f"exit {number}")).exit_code)

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(one, number)
    assert sorted(codes) == list(range(20))


async def test_a_program_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    with pytest.raises(Timeout) as caught:
        await shell(f"echo $$ > {tmp_path}/pid; exec sleep 600", timeout=0.3)
    assert caught.value.details["seconds"] == 0.3
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


async def test_one_that_ignores_what_would_end_it_is_killed_with_what_it_started(tmp_path: Path) -> None:
    script = (
        f"trap '' TERM INT HUP; sleep 600 & echo $! > {tmp_path}/child; echo $$ > {tmp_path}/pid; while :; do sleep 600; done"
    )
    began = anyio.current_time()
    with pytest.raises(Timeout):
        await shell(script, timeout=0.5)
    assert anyio.current_time() - began < 10
    for name in ("pid", "child"):
        await gone(int((tmp_path / name).read_text()))


async def gone(pid: int) -> None:
    """Waits for the end of a process that may be another's child by now."""
    with anyio.fail_after(20):
        while Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            await anyio.sleep(0.01)


@pytest.mark.parametrize("held", ["", ">/dev/null", "2>/dev/null", "<&0"])
async def test_a_child_that_has_the_pipes_of_one_that_ended(tmp_path: Path, held: str) -> None:
    """What was said is told a moment after the end, and not when that child ends, too."""
    began = anyio.current_time()
    try:
        done = await shell(
            f"sleep 600 {held} & echo $! > {tmp_path}/pid; echo said; echo oops >&2; exit 3", stdin=b"x" * (1 << 20)
        )
        assert done == Finished(3, b"said\n", b"oops\n")
        assert anyio.current_time() - began < LEFT_SECONDS + 10
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


async def test_a_child_that_goes_on_to_speak_is_heard_until_it_is_silent() -> None:
    done = await shell("(for i in 1 2 3; do sleep 0.5; echo $i; done) & exit 0")
    assert done == Finished(0, b"1\n2\n3\n", b"")


@pytest.mark.parametrize("turns", range(6))
async def test_a_start_that_the_loop_itself_cancels(turns: int) -> None:
    """By a task's own ``cancel``, before or after the program is there: it is killed, and nothing is said of it."""
    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    others = set(threading.enumerate())
    task = asyncio.ensure_future(Program.start([SHELL, "-c", "sleep 600"], env=ENVIRON))
    for _ in range(turns):
        await asyncio.sleep(0 if turns < 3 else 0.001)
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        await reap(task.result())
    with anyio.fail_after(20):
        while any(thread.name == "perry-program" for thread in set(threading.enumerate()) - others):
            await asyncio.sleep(0.01)
    assert told == []


async def test_a_start_that_fails_and_that_nobody_waits_for() -> None:
    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    task = asyncio.ensure_future(Program.start(["/no/such/program"], env=ENVIRON))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    await asyncio.sleep(0.2)
    del task
    gc.collect()
    assert told == []


async def test_a_program_that_is_cancelled_is_killed(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    async with anyio.create_task_group() as group:
        group.start_soon(shell, f"echo $$ > {pid}; exec sleep 600")
        with anyio.fail_after(30):
            while not pid.exists() or not pid.read_text().strip():
                await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


async def test_a_program_that_says_too_much() -> None:
    with pytest.raises(BackendError) as caught:
        await shell("yes", max_output=100_000)
    assert "100000 bytes" in caught.value.message


async def test_a_program_that_is_not_there_or_cannot_run(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await run_program([str(tmp_path / "none")], env=ENVIRON, timeout=5)
    plain = tmp_path / "plain"
    plain.write_text("x")
    with pytest.raises(BackendError):
        await run_program([str(plain)], env=ENVIRON, timeout=5)


async def test_only_its_own_three_files_go_along(tmp_path: Path) -> None:
    held = os.open(tmp_path / "held", os.O_CREAT | os.O_RDWR)
    os.set_inheritable(held, True)
    try:
        assert str(held) not in (await shell("ls /proc/$$/fd")).stdout.decode().split()
    finally:
        os.close(held)


async def test_environment_and_directory_are_the_ones_named(tmp_path: Path) -> None:
    program = await Program.start(
        [SHELL, "-c", "pwd; env; exec <&0"], env={"A": "b", **ENVIRON}, cwd=str(tmp_path), stdin=subprocess.DEVNULL
    )
    said = b""
    while piece := await program.read(program.outputs["stdout"]):
        said += piece
    assert await program.wait() == 0 and not program.running
    assert said.decode().splitlines()[0] == str(tmp_path) and "A=b" in said.decode().splitlines()
    program.send_signal(signal.SIGTERM)
    await reap(program)
    await reap(program)


@contextlib.contextmanager
def children_ignored() -> Iterator[None]:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGCHLD, before)


async def test_a_host_that_ignores_its_children_gets_no_false_success() -> None:
    with children_ignored():
        program = await Program.start([SHELL, "-c", "exit 3"], env=ENVIRON)
        with pytest.raises(BackendError) as caught:
            await program.wait()
        await reap(program)
    assert "SIGCHLD" in caught.value.details["remedy"]


def test_programs_are_looked_for_by_name_only(tmp_path: Path) -> None:
    assert find_program("sh", os.environ["PATH"]) == os.path.abspath(SHELL)
    for name in ("", ".", "..", "/bin/sh", "a/b", "surely-not-installed"):
        assert find_program(name, os.environ["PATH"]) is None
