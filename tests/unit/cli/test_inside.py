from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from perry_ffi.backends.contract.stream import Stream
from perry_ffi.cli.inside import detach_keys, told_by_code, variables, written_to
from perry_ffi.cli.usage import Usage
from perry_ffi.errors import BackendError, ContainerError


def test_variables() -> None:
    assert variables(["A=1", "B=", "C=x=y", "D", "E"], {"D": "here"}) == {"A": "1", "B": "", "C": "x=y", "D": "here"}


def test_keys() -> None:
    assert detach_keys(None, "attach") == b"\x10\x11" and detach_keys("ctrl-x,q", "attach") == b"\x18q"
    with pytest.raises(Usage, match="--detach-keys ctrl: expected"):
        detach_keys("ctrl", "attach")


def test_a_command_that_could_not_be_run(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(code: int | None) -> int:
        raise BackendError("there is no such program", exitCode=code)

    assert told_by_code(lambda: 5) == 5
    assert told_by_code(lambda: fails(127)) == 127 and "there is no such program" in capsys.readouterr().err
    for code in (None, 1):
        with pytest.raises(BackendError):
            told_by_code(lambda code=code: fails(code))  # type: ignore[misc]


class Bytes(Stream[bytes]):
    """Pieces, and a failure behind them."""

    def __init__(self, *pieces: bytes, fails: bool = False) -> None:
        self.pieces, self.fails, self.closed = list(pieces), fails, False

    async def next(self) -> Sequence[bytes] | None:
        if self.pieces:
            return [self.pieces.pop(0)]
        if self.fails:
            raise BackendError("the engine has gone")
        return None

    async def aclose(self) -> None:
        self.closed = True


def test_a_file_is_there_when_it_is_whole(tmp_path: Path) -> None:
    stream = Bytes(b"one", b"two")
    asyncio.run(written_to(str(tmp_path / "f"), stream))
    assert (tmp_path / "f").read_bytes() == b"onetwo" and stream.closed
    with pytest.raises(BackendError):
        asyncio.run(written_to(str(tmp_path / "f"), Bytes(b"half", fails=True)))
    assert (tmp_path / "f").read_bytes() == b"onetwo" and [path.name for path in tmp_path.iterdir()] == ["f"]
    for path in (tmp_path / "none/f", tmp_path):
        with pytest.raises(ContainerError, match="cannot be written"):
            asyncio.run(written_to(str(path), Bytes(b"x")))
    asyncio.run(written_to("/dev/null", Bytes(b"x")))
