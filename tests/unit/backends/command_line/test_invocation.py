"""A runtime's program: bounded, cancelled, gone, and read as it speaks."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import anyio
import pytest

from perry_ffi.backends.command_line.invocation import CommandLine
from perry_ffi.backends.command_line.output import OutputStream, Pieces
from perry_ffi.backends.command_line.refusal import Saying, Table
from perry_ffi.errors import BackendNotAvailable, NotFound, Timeout, ValidationError
from perry_ffi.process.program import LEFT_SECONDS

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def shell(timeout: float = 10.0, program: str = "/bin/sh") -> CommandLine:
    table = Table([Saying(NotFound, "no such thing", "1")])
    return CommandLine(program, ("-c",), {"PATH": os.environ["PATH"]}, "sh", timeout, table)


async def test_a_command_and_its_failure() -> None:
    assert (await shell().read(["echo said"], doing="say")).stdout == b"said\n"
    with pytest.raises(NotFound, match="look: no such thing") as caught:
        await shell().read(["echo no such thing >&2; exit 4"], doing="look", subject="it")
    assert (caught.value.details["status"], caught.value.details["subject"]) == (4, "it")
    assert (await shell().ask(["exit 4"], doing="look")).exit_code == 4


async def test_words_never_meet_a_shell() -> None:
    words = ["-n", "$(id)", "a b", "'", '"', "\n", "--"]
    found = await shell().read(['for word; do printf "%s|" "$word"; done', "sh", *words], doing="say")
    assert found.stdout.decode().split("|")[:-1] == words
    with pytest.raises(ValidationError):
        await shell().read(["a\0b"], doing="say")


async def test_a_bound() -> None:
    with pytest.raises(Timeout):
        await shell(0.1).read(["sleep 60"], doing="wait")


async def test_a_program_that_is_gone() -> None:
    with pytest.raises(BackendNotAvailable):
        await shell(program="/no/such/program").read(["x"], doing="look")
    with pytest.raises(BackendNotAvailable):
        await shell(program="/no/such/program").start(["x"], doing="look")


async def test_a_change_goes_on_where_its_caller_is_cancelled(tmp_path: Path) -> None:
    done, looked = tmp_path / "done", tmp_path / "looked"
    with anyio.move_on_after(0.1):
        await shell().change([f"sleep 0.3; : >{done}"], doing="make")
    assert done.exists()
    with anyio.move_on_after(0.1):
        await shell().read([f"sleep 0.3; : >{looked}"], doing="look")
    await anyio.sleep(0.4)
    assert not looked.exists()


async def test_output_as_it_comes() -> None:
    program = await shell().start(["printf 'a\\303'; sleep 0.05; printf '\\244\\n'; echo b >&2"], doing="read")
    stream = OutputStream(Pieces(program))
    found = {"stdout": "", "stderr": ""}
    while (chunks := await stream.next()) is not None:
        for chunk in chunks:
            found[chunk.stream] += chunk.text
    assert found == {"stdout": "aä\n", "stderr": "b\n"}
    await stream.aclose()
    assert await program.wait() == 0


async def test_a_stream_that_is_closed_while_it_is_read() -> None:
    stream = OutputStream(Pieces(program := await shell().start(["exec sleep 60"], doing="read")))
    async with anyio.create_task_group() as group:

        async def read() -> None:
            assert await stream.next() is None

        group.start_soon(read)
        await anyio.sleep(0.05)
        await stream.aclose()
    await stream.aclose()
    assert not program.running and await stream.next() is None


async def test_a_stream_whose_program_ended_and_left_a_child_with_its_pipes(tmp_path: Path) -> None:
    program = await shell().start([f"sleep 600 & echo $! > {tmp_path}/pid; echo said"], doing="read")
    stream, text = OutputStream(Pieces(program)), ""
    try:
        with anyio.fail_after(LEFT_SECONDS + 15):
            while (chunks := await stream.next()) is not None:
                text += "".join(chunk.text for chunk in chunks)
        assert text == "said\n" and await program.wait() == 0
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
        await stream.aclose()


async def test_what_a_program_said_is_read_long_after_its_end() -> None:
    """Its reader may be slow."""
    program = await shell().start(["echo a; echo b"], doing="read")
    await program.ended()
    pieces = Pieces(program)
    assert b"".join(data for _, data in await pieces.next() or ()) == b"a\nb\n" and await pieces.next() is None
    await pieces.aclose()


@pytest.mark.parametrize("script", ["trap '' TERM INT HUP; while :; do sleep 600; done", "exec sleep 600", "sleep 600 & wait"])
async def test_programs_that_never_end(script: str) -> None:
    """Whoever asks waits for the bound, however it is asked, and nothing of them is left."""
    for asked in (
        shell(0.3).read([script], doing="wait"),
        shell(0.3).change([script], doing="make"),
        shell(0.3).ask([script], doing="ask"),
    ):
        began = anyio.current_time()
        with pytest.raises(Timeout):
            await asked
        assert anyio.current_time() - began < 15
    stream = OutputStream(Pieces(program := await shell().start([script], doing="read")))
    with anyio.move_on_after(0.2):
        await stream.next()
    await stream.aclose()
    assert not program.running


async def test_a_cancelled_read_loses_nothing() -> None:
    stream = OutputStream(Pieces(await shell().start(["for i in 1 2 3 4 5 6; do echo $i; sleep 0.02; done"], doing="read")))
    text = ""
    with anyio.fail_after(10):
        while True:
            with anyio.move_on_after(0.005) as scope:
                if (chunks := await stream.next()) is None:
                    break
                text += "".join(chunk.text for chunk in chunks)
            assert scope is not None
    assert text == "1\n2\n3\n4\n5\n6\n"
    await stream.aclose()
