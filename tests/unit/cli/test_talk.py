"""The keys that leave a conversation, and a conversation in pipes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from perry_ffi.cli.talk import Leaving, read_keys

TALK = """
import asyncio, sys
from perry_ffi.backends.contract.interaction import Terms
from perry_ffi.backends.fake.interaction import FakeConversation
from perry_ffi.backends.fake.streams import Queue
from perry_ffi.cli.talk import converse

class Upper(FakeConversation):
    async def send(self, data):
        await super().send(data)
        self.output.put(("stderr" if data.startswith(b"e") else "stdout", data.upper()))
    async def end_input(self):
        self.output.put(("stdout", b"|ended"))
        self.output.end()

asyncio.run(converse(Upper(Queue(), Terms(stdin=True), 0, terminal=False)))
"""


def test_keys() -> None:
    assert read_keys("ctrl-p,ctrl-q") == b"\x10\x11"
    assert read_keys("a,ctrl-@,ctrl-[,ctrl-_") == b"a\x00\x1b\x1f"
    for text in ("", "ctrl-", "ctrl-1", "alt-x", "ab", "ctrl-P", "ü"):
        with pytest.raises(ValueError):
            read_keys(text)


@pytest.mark.parametrize(
    ("typed", "sent", "leaves"),
    [
        ([b"abc"], b"abc", False),
        ([b"ab\x10\x11cd"], b"ab", True),
        ([b"ab\x10", b"\x11"], b"ab", True),
        ([b"ab\x10", b"c"], b"ab\x10c", False),
        ([b"\x10", b"\x10", b"\x11"], b"\x10", True),
        ([b"\x11\x10"], b"\x11", False),
    ],
)
def test_the_keys_that_leave(typed: list[bytes], sent: bytes, leaves: bool) -> None:
    async def work() -> None:
        leaving = Leaving(b"\x10\x11")
        assert b"".join(map(leaving.less, typed)) == sent and leaving.asked.is_set() is leaves

    asyncio.run(work())


def test_without_keys_everything_is_sent() -> None:
    async def work() -> None:
        assert Leaving(b"").less(b"\x10\x11") == b"\x10\x11"

    asyncio.run(work())


@pytest.mark.parametrize("given", [b"", b"hello", b"error", b"x" * 300_000])
def test_pipes(given: bytes) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", TALK], input=given, capture_output=True, env=env, timeout=60, check=True)
    assert (done.stdout + done.stderr, done.stderr) == (
        (b"|ended" + given.upper() if given == b"error" else given.upper() + b"|ended"),
        given.upper() if given == b"error" else b"",
    )


def test_a_file_as_input(tmp_path: object) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with open(__file__, "rb") as file:
        done = subprocess.run([sys.executable, "-c", TALK], stdin=file, capture_output=True, env=env, timeout=60, check=True)
    with open(__file__, "rb") as file:
        assert done.stdout == file.read().upper() + b"|ended"
    done = subprocess.run(
        [sys.executable, "-c", TALK], stdin=subprocess.DEVNULL, capture_output=True, env=env, timeout=60, check=True
    )
    assert done.stdout == b"|ended"
