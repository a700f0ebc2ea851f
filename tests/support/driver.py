"""A C host in a process of its own that makes the calls a test asks for, one after the other."""

from __future__ import annotations

import json
import struct
import subprocess
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from tests.support.library import Host

FULFILLED, REJECTED, AT_ONCE = 1, 2, 3


@dataclass(frozen=True)
class Raw:
    """A string whose header says what the test wants. capacity 0: unknown."""

    data: bytes
    byte_len: int | None = None
    capacity: int = 0

    def packed(self) -> bytes:
        length = len(self.data) if self.byte_len is None else self.byte_len
        return struct.pack("<IIII", 0, length, self.capacity, len(self.data)) + self.data


Argument = int | bytes | str | Raw | None


class Driver:
    """The process. Everything it does is checked to leave nothing behind when it ends well."""

    def __init__(self, host: Host, **env: str) -> None:
        self._process = subprocess.Popen(
            [str(host.program("driver")), "serves"],
            env=host.environment(**env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self._process.kill()
        _, errors = self._process.communicate(timeout=60)
        if kind is None:
            assert (self._process.returncode, errors) == (0, b""), errors.decode(errors="replace")

    def call(self, symbol: str, *arguments: Argument) -> tuple[int, str]:
        """(state, JSON text) of a promise; (AT_ONCE, text) of a string; (0, "") where there is no result."""
        packed = b"".join(self._pack(argument) for argument in arguments)
        return self._ask(b"c" + bytes([len(symbol), len(arguments)]) + symbol.encode() + packed)

    def rejection(self, symbol: str, *arguments: Argument) -> dict[str, Any]:
        """The error object; it must be one."""
        state, text = self.call(symbol, *arguments)
        assert state == REJECTED, (symbol, state, text[:500])
        error = json.loads(text)
        assert isinstance(error, dict) and isinstance(error["code"], int), error
        assert isinstance(error["kind"], str) and error["message"], error
        return error

    def value(self, symbol: str, *arguments: Argument) -> Any:
        """What the promise was fulfilled with."""
        state, text = self.call(symbol, *arguments)
        assert state == FULFILLED, (symbol, state, text[:2000])
        return json.loads(text)

    def live(self, what: int) -> int:
        """``perry_container_live``, once it has come to 0 or does not change any more."""
        return self._ask(b"l" + bytes([what]))[0]

    def assert_nothing_left(self) -> None:
        assert [self.live(what) for what in range(3)] == [0, 0, 0]

    @staticmethod
    def _pack(argument: Argument) -> bytes:
        if argument is None:
            return b"n"
        if isinstance(argument, int):
            return b"i" + struct.pack("<q", argument)
        if isinstance(argument, str):
            argument = argument.encode()
        raw = argument if isinstance(argument, Raw) else Raw(argument)
        return b"s" + raw.packed()

    def _ask(self, request: bytes) -> tuple[int, str]:
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(request)
            self._process.stdin.flush()
            head = self._process.stdout.read(8)
        except BrokenPipeError:
            head = b""
        if len(head) < 8:
            _, errors = self._process.communicate(timeout=60)
            raise AssertionError(f"the host ended with {self._process.returncode}: {errors.decode(errors='replace')}")
        state, length = struct.unpack("<iI", head)
        return state, self._process.stdout.read(length).decode()
