"""Engines in memory for the tests of the contract, and what the commands of these tests do there."""

from __future__ import annotations

import re

from perry_ffi.backends.fake import Behaviour, Box, World
from tests.live.conftest import IMAGE


def behave(box: Box) -> Behaviour:
    """What a shell would make of the container's command."""
    words = " ".join(box.spec.cmd or [])
    if words.startswith("/no/such"):
        return Behaviour(start_error="no such file or directory")
    codes = [int(code) for code in re.findall(r"exit (\d+)", words)]
    if words.startswith("sh -c test -e /x"):
        return Behaviour(exit_code=codes[0 if box.starts else -1])
    if codes:
        return Behaviour(exit_code=codes[0])
    said = "".join(f"{line}\n" for line in re.findall(r"echo (\w+)", words))
    return Behaviour(exit_code=None if words.startswith("sleep") else 0, stdout=said)


def world() -> World:
    """An engine that holds the image of the tests and nothing else."""
    made = World(behave)
    made.make_image(IMAGE)
    return made


__all__ = ["behave", "world"]
