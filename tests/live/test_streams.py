"""Logs, followed logs and commands inside a container, on real engines."""

from __future__ import annotations

import tracemalloc

import anyio
import pytest

from perry_ffi.backends.contract.stream import Stream
from perry_ffi.errors import BackendError, Conflict, ContainerError, ValidationError
from perry_ffi.model.base import validate
from perry_ffi.model.container import ExecOptions, LogChunk, LogOptions
from perry_ffi.model.service import ServiceSpec
from tests.live.conftest import IMAGE, Bench

pytestmark = pytest.mark.anyio


async def everything(stream: Stream[LogChunk]) -> dict[str, str]:
    texts = {"stdout": "", "stderr": ""}
    while (chunks := await stream.next()) is not None:
        assert chunks
        for chunk in chunks:
            texts[chunk.stream] += chunk.text
    assert await stream.next() is None
    await stream.aclose()
    return texts


def options(**members: object) -> LogOptions:
    return validate(LogOptions, members)


async def test_both_streams_apart(bench: Bench) -> None:
    handle = await bench.run("sh", "-c", "echo out1; echo err1 >&2; printf 'ü☃ no newline'; exit 3")
    await bench.backend.wait_container(handle.id)
    logs = await bench.backend.container_logs(handle.id, LogOptions())
    assert (logs.stdout, logs.stderr) == ("out1\nü☃ no newline", "err1\n")
    assert await everything(await bench.backend.follow_logs(handle.id, LogOptions())) == logs.model_dump()


async def test_parts_of_a_log(bench: Bench) -> None:
    handle = await bench.run("sh", "-c", "echo a; echo b; sleep 2.2; echo c; echo d")
    await bench.backend.wait_container(handle.id)
    logs = bench.backend.container_logs
    assert (await logs(handle.id, options(tail=1))).stdout == "d\n"
    assert (await logs(handle.id, options(tail=3))).stdout == "b\nc\nd\n"
    assert (await logs(handle.id, options(tail=0))).stdout == ""
    assert (await logs(handle.id, options(tail=-1))).stdout == "a\nb\nc\nd\n"
    stamped = (await logs(handle.id, options(timestamps=True))).stdout.splitlines()
    assert [line.split(" ", 1)[1] for line in stamped] == list("abcd")
    third = stamped[2].split(" ", 1)[0]
    assert (await logs(handle.id, options(since=third))).stdout.endswith("c\nd\n")
    assert "a" not in (await logs(handle.id, options(since=third))).stdout
    assert (await logs(handle.id, options(since=third, until=stamped[3].split(" ", 1)[0]))).stdout in ("c\nd\n", "")
    assert "d" not in (await logs(handle.id, options(until=stamped[0].split(" ", 1)[0]))).stdout
    assert (await logs(handle.id, options(since="10m"))).stdout == "a\nb\nc\nd\n"


async def test_a_line_that_is_written_in_parts(bench: Bench) -> None:
    """A character that is cut between two is whole, and the engine's time stands before the line and nowhere else."""
    block = "i=0; while [ $i -lt 1000 ]; do printf 中中中中中; i=$((i+1)); done; echo"
    script = rf"printf 'half\303'; sleep 1.2; printf '\251 done\n'; x=$({block}); printf '%s\n' $x"
    handle = await bench.run("sh", "-c", script)
    await bench.backend.wait_container(handle.id)
    whole = ["halfé done", "中" * 5000]
    for timestamps in (False, True):
        wanted = options(timestamps=timestamps)
        texts = [(await bench.backend.container_logs(handle.id, wanted)).stdout]
        texts += [(await everything(await bench.backend.follow_logs(handle.id, wanted)))["stdout"]]
        for text in texts:
            lines = text.splitlines()
            assert [line.split(" ", 1)[1] if timestamps else line for line in lines] == whole


async def test_a_terminal_s_line_that_is_written_in_parts(bench: Bench) -> None:
    """A prompt that waits, a character in two writes, and a line longer than an engine's part: one time before each line."""
    script = r"printf 'half\303'; sleep 1.2; printf '\251 done\n'; head -c 40000 /dev/zero | tr '\0' x; echo; printf 'Name? '; sleep 1.1; echo me"
    spec = validate(ServiceSpec, {"image": IMAGE, "cmd": ["sh", "-c", script], "name": bench.name("tty"), "tty": True})
    handle = await bench.backend.run_container(spec)
    following = await bench.backend.follow_logs(handle.id, options(timestamps=True))
    followed = (await everything(following))["stdout"]
    await bench.backend.wait_container(handle.id)
    whole = ["halfé done", "x" * 40_000, "Name? me"]
    read = {
        stamps: (await bench.backend.container_logs(handle.id, options(timestamps=stamps))).stdout for stamps in (False, True)
    }
    assert read[False].splitlines() == whole
    for text in (followed, read[True]):
        assert [line.split(" ", 1)[1] for line in text.splitlines()] == whole
    last = (await bench.backend.container_logs(handle.id, options(timestamps=True, tail=1))).stdout
    assert last.splitlines()[-1].split(" ", 1)[1] == whole[-1]


async def test_a_log_is_followed_while_it_grows(bench: Bench) -> None:
    handle = await bench.run(
        "sh",
        "-c",
        "echo one; read x < /tmp/go; echo two",
        tmpfs=["/tmp"],
        entrypoint=["sh", "-c", 'mkfifo /tmp/go; exec "$@"', "sh"],
    )
    stream = await bench.backend.follow_logs(handle.id, LogOptions())
    first = await stream.next()
    assert first and first[0].text == "one\n"
    with anyio.move_on_after(0.1) as scope:
        await stream.next()
    assert scope.cancelled_caught
    await bench.backend.exec_container(handle.id, ["sh", "-c", "echo > /tmp/go"], ExecOptions())
    assert (await everything(stream))["stdout"] == "two\n"


async def test_closing_ends_a_follower(bench: Bench) -> None:
    handle = await bench.run("sleep", "600", stop_timeout=0)
    stream = await bench.backend.follow_logs(handle.id, LogOptions())
    got: list[object] = []

    async def read() -> None:
        got.append(await stream.next())

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await anyio.sleep(0.1)
            await stream.aclose()
    assert got == [None] and await stream.next() is None


async def test_a_slow_reader_gets_every_line(bench: Bench) -> None:
    """100,000 lines, read in fits and starts, in memory that does not grow with them."""
    lines = 100_000
    script = f"i=0; while [ $i -lt {lines} ]; do echo line number $i; i=$((i+1)); done"
    handle = await bench.run("sh", "-c", script)
    stream = await bench.backend.follow_logs(handle.id, LogOptions())
    expected, rest, batches = 0, "", 0
    tracemalloc.start()
    try:
        while (chunks := await stream.next()) is not None:
            batches += 1
            assert sum(len(chunk.text) for chunk in chunks) <= Stream.MAX_BATCH_BYTES
            *whole, rest = (rest + "".join(chunk.text for chunk in chunks)).split("\n")
            for line in whole:
                assert line == f"line number {expected}"
                expected += 1
            if batches % 50 == 0:
                await anyio.sleep(0.01)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert expected == lines and rest == ""
    assert peak < 4 * 1024 * 1024


async def test_a_log_is_followed_after_the_end(bench: Bench) -> None:
    """Nothing is lost although the container ended long before its log is read; ``tail`` counts its last lines."""
    lines = 30_000
    handle = await bench.run("sh", "-c", f"i=0; while [ $i -lt {lines} ]; do echo $i; i=$((i+1)); done")
    await bench.backend.wait_container(handle.id)
    for tail, first in ((None, 0), (25_000, 5_000), (1, lines - 1), (0, lines)):
        stream = await bench.backend.follow_logs(handle.id, options(tail=tail))
        await anyio.sleep(0.5)
        assert (await everything(stream))["stdout"] == "".join(f"{n}\n" for n in range(first, lines))


async def test_the_tail_of_a_log_that_grows(bench: Bench) -> None:
    script = "for i in 1 2 3 4; do echo old$i; done; read x < /tmp/go; for i in 1 2 3; do echo new$i; done"
    entry = ["sh", "-c", 'mkfifo /tmp/go; exec "$@"', "sh"]
    handle = await bench.run("sh", "-c", script, tmpfs=["/tmp"], entrypoint=entry)
    with anyio.fail_after(20):
        while "old4" not in (await bench.backend.container_logs(handle.id, LogOptions())).stdout:
            await anyio.sleep(0.02)
    stream = await bench.backend.follow_logs(handle.id, options(tail=2))
    await bench.backend.exec_container(handle.id, ["sh", "-c", "echo > /tmp/go"], ExecOptions())
    assert (await everything(stream))["stdout"] == "old3\nold4\nnew1\nnew2\nnew3\n"


async def test_a_line_without_an_end(bench: Bench) -> None:
    handle = await bench.run("sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x")
    texts = await everything(await bench.backend.follow_logs(handle.id, LogOptions()))
    assert texts == {"stdout": "x" * 300_000, "stderr": ""}


async def test_bytes_that_are_no_text(bench: Bench) -> None:
    handle = await bench.run("sh", "-c", r"printf 'a\377b\303'; sleep 0.1; printf '\274\n'")
    await bench.backend.wait_container(handle.id)
    assert (await bench.backend.container_logs(handle.id, LogOptions())).stdout.replace("\n", "") == "a\ufffdbü"


# -- exec -------------------------------------------------------------------------------------


async def test_a_command_and_its_code(bench: Bench) -> None:
    handle = await bench.run("sleep", "600", stop_timeout=0)
    run = bench.backend.exec_container
    done = await run(handle.id, ["sh", "-c", "echo out; echo err >&2; exit 42"], ExecOptions())
    assert (done.stdout, done.stderr, done.exit_code) == ("out\n", "err\n", 42)
    done = await run(handle.name, ["printf", "%s|", "-x", "a b", "$(id)", "ü\n", ""], ExecOptions())
    assert done.stdout == "-x|a b|$(id)|ü\n||"
    done = await run(
        handle.id,
        ["sh", "-c", "echo $A; pwd; id -u"],
        validate(ExecOptions, {"env": {"A": "1 '2\""}, "workdir": "/tmp", "user": "1000"}),
    )
    assert done.stdout == "1 '2\"\n/tmp\n1000\n"


async def test_a_command_that_reads(bench: Bench) -> None:
    handle = await bench.run("sleep", "600", stop_timeout=0)
    run = bench.backend.exec_container
    done = await run(handle.id, ["cat"], ExecOptions(stdin="héllo\0wörld\n"))
    assert (done.stdout, done.exit_code) == ("héllo\0wörld\n", 0)
    assert (await run(handle.id, ["wc", "-c"], ExecOptions(stdin=""))).stdout == "0\n"
    text = "0123456789abcdef" * 65_536
    assert (await run(handle.id, ["cat"], ExecOptions(stdin=text))).stdout == text
    done = await run(handle.id, ["sh", "-c", "exit 3"], ExecOptions(stdin=text))
    assert done.exit_code == 3


async def test_a_command_that_cannot_run(bench: Bench) -> None:
    handle = await bench.run("sleep", "600", stop_timeout=0)
    try:
        done = await bench.backend.exec_container(handle.id, ["/no/such/program"], ExecOptions())
    except BackendError as error:
        assert "no such file" in error.message.lower() or "not found" in error.message.lower()
    else:
        assert done.exit_code in (126, 127)
    with pytest.raises(ValidationError):
        await bench.backend.exec_container(handle.id, [], ExecOptions())
    await bench.backend.stop_container(handle.id, 0)
    with pytest.raises(Conflict):
        await bench.backend.exec_container(handle.id, ["true"], ExecOptions())


async def test_a_command_that_goes_on_in_silence(bench: Bench) -> None:
    """It closes its outputs, and ends later: its exit code is waited for."""
    handle = await bench.run("sleep", "600", stop_timeout=0)
    done = await bench.backend.exec_container(handle.id, ["sh", "-c", "exec >&- 2>&-; sleep 1; exit 9"], ExecOptions())
    assert done.exit_code == 9


async def test_a_container_that_ends_under_a_command(bench: Bench) -> None:
    handle = await bench.run("sleep", "600", stop_timeout=0)
    ended: list[object] = []

    async def run() -> None:
        try:
            ended.append((await bench.backend.exec_container(handle.id, ["sleep", "600"], ExecOptions())).exit_code)
        except ContainerError as error:
            ended.append(error)

    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            group.start_soon(run)
            await anyio.sleep(0.3)
            await bench.backend.stop_container(handle.id, 0)
    assert ended and ended[0] != 0
