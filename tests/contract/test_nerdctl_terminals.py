"""A command with a terminal on nerdctl: one of this machine's, whose size is told."""

from __future__ import annotations

import anyio
import pytest

from perry_ffi.backends.contract.interaction import Terms
from perry_ffi.model.container import ExecOptions
from tests.contract.support import BOUND
from tests.live.conftest import Bench

pytestmark = pytest.mark.anyio


async def test_a_command_in_a_terminal(bench: Bench) -> None:
    if bench.backend.name != "nerdctl":
        pytest.skip("of nerdctl alone")
    handle = await bench.run("sleep", "600")
    terms = Terms(stdin=True, terminal=True, size=(91, 33))
    talk = await bench.backend.talk_to_command(handle.id, ["sh", "-c", "cat; exit 5"], ExecOptions(env={"A": "b"}), terms)
    assert talk.terminal and talk.takes_input
    await talk.send(b"words\n")
    await talk.resize(100, 40)
    heard = b""
    with anyio.fail_after(BOUND):
        while b"words" not in heard:
            heard += b"".join(data for _, data in await talk.output.next() or [("stdout", b"words: it ended")])
        await talk.end_input()
        while (pieces := await talk.output.next()) is not None:
            heard += b"".join(data for _, data in pieces)
        assert await talk.exit_code() == 5
    await talk.aclose()
    await talk.aclose()
