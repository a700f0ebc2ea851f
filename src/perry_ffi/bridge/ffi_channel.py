"""The C interface as Python sees it: takes requests, settles promises. The server loop is its one user.

One instance for each copy of the shared object; nothing of cffi is kept in a module.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from perry_ffi.abi.rows import ROWS
from perry_ffi.errors import ContainerError, ValidationError

NOTHING, REQUEST, CANCEL, SHUTDOWN, PROGRAM = range(5)
FULFILLED, REJECTED = 1, 2
VOID, HANDLE, JSON = range(3)

_ABSENT = frozenset((b"", b"null", b"undefined"))

Argument = str | bytes | int | None


class Request(NamedTuple):
    """A request as it arrived: its number, the number of its row, its arguments copied out of C."""

    ident: int
    row: int
    arguments: tuple[Argument, ...]


class FfiChannel:
    """Takes requests and settles them. Only for the library's thread."""

    def __init__(self, ffi: Any, lib: Any) -> None:
        self._lib = lib
        self._unpack: Callable[..., bytes] = ffi.unpack
        self._view = ffi.new("perry_view *")
        self._take = lib.perry_take
        self._settle = lib.perry_settle
        self.wake_fd: int = lib.perry_wake_fd()
        self.owns_python: bool = bool(lib.perry_python_is_own())

    def clear_wake(self) -> None:
        """To be called before taking: a request that comes later wakes again."""
        self._lib.perry_wake_clear()

    def take(self) -> tuple[int, int]:
        """The next item: (what it is, the number of the request that it is or that it cancels)."""
        view = self._view
        return self._take(view), view.id

    def request(self) -> Request:
        """The request that ``take`` has just announced. Raises ValidationError for text that is not UTF-8."""
        view = self._view
        symbol, _, _, kinds = ROWS[view.op]
        arguments = tuple([self._argument(view, i, kind, symbol) for i, kind in enumerate(kinds)])
        return Request(view.id, view.op, arguments)

    def row(self) -> int:
        """The row of the request that ``take`` has just announced."""
        return int(self._view.op)

    def words(self) -> list[bytes]:
        """The words of the program that ``take`` has just announced."""
        length = self._view.length[0]
        return self._unpack(self._view.text[0], length).split(b"\0")[:-1] if length else []

    def _argument(self, view: Any, index: int, kind: str, symbol: str) -> Argument:
        if kind == "i64":
            return int(view.number[index])
        length = view.length[index]
        if length < 0:
            return None
        raw = self._unpack(view.text[index], length) if length else b""
        if kind == "json":
            return None if length < 16 and raw.strip() in _ABSENT else raw
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise ValidationError(
                f"{symbol}: argument {index + 1}: not UTF-8 at byte {error.start}",
                path=f"arguments[{index}]",
                expected="UTF-8 text",
            ) from None

    def resolve(self, ident: int, settle_type: str, value: Any, encode: Callable[[Any], str]) -> None:
        """Fulfils a request; a result that cannot be encoded raises, and the request is still open."""
        if settle_type == "void":
            self._settle(ident, FULFILLED, VOID, 0, b"null", 4)
        elif settle_type == "i64":
            text = b"%d" % value
            self._settle(ident, FULFILLED, HANDLE, value, text, len(text))
        else:
            text = encode(value).encode("utf-8", "replace")
            self._settle(ident, FULFILLED, JSON, 0, text, len(text))

    def reject(self, ident: int, error: ContainerError, operation: str) -> None:
        """Rejects a request. Never raises: details that have no JSON are told in words."""
        members = error.to_dict()
        members.setdefault("operation", operation)
        text = json.dumps(members, ensure_ascii=False, separators=(",", ":"), default=str).encode("utf-8", "replace")
        self._settle(ident, REJECTED, JSON, 0, text, len(text))

    def exited(self, ident: int, status: int) -> None:
        """Settles a program with its exit status."""
        text = b"%d" % status
        self._settle(ident, FULFILLED, HANDLE, status, text, len(text))

    def begin_interrupts(self) -> int:
        """Takes SIGINT, SIGTERM, SIGHUP for a program; gives a descriptor that is readable after one, or -1. On any thread, as those below."""
        return int(self._lib.perry_interrupts_begin())

    def take_interrupts(self) -> int:
        """How many have come since it was last asked."""
        return int(self._lib.perry_interrupts_take())

    def first_interrupt(self) -> int:
        """The number of the first one."""
        return int(self._lib.perry_interrupts_first())

    def end_interrupts(self) -> None:
        """Gives them back to the host."""
        self._lib.perry_interrupts_end()

    def signal(self) -> int:
        """The signal that asks for the clean-up and the end; 0 if none has come."""
        return int(self._lib.perry_signal_caught())

    def exit(self, signal: int) -> None:
        """Ends the process as that signal asks."""
        self._lib.perry_signal_exit(signal)

    def tell_active_backend(self, name: str) -> None:
        self._lib.perry_set_active_backend(name.encode())

    def tell_priority(self, names: list[str]) -> None:
        self._lib.perry_set_priority(json.dumps(names).encode())

    def tell_handles(self, count: int) -> None:
        self._lib.perry_set_handles_alive(count)
