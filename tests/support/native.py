"""The shared object from Python, through ctypes alone: for hosts that are Python programs. Needs nothing but this file."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Callable
from typing import Any

PENDING, FULFILLED, REJECTED = range(3)
HEADER_BYTES = 20

Callback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)


class Native:
    """One loaded copy of the library. mode: ``RTLD_LOCAL`` or ``RTLD_GLOBAL``."""

    def __init__(self, path: str, mode: int = ctypes.DEFAULT_MODE) -> None:
        self.lib = lib = ctypes.CDLL(path, mode)
        pointer, wide = ctypes.c_void_p, ctypes.c_int64
        for name, result, *arguments in (
            ("perry_container_string_new", pointer, ctypes.c_char_p, ctypes.c_size_t),
            ("perry_container_string_free", None, pointer),
            ("perry_container_promise_then", ctypes.c_int, pointer, Callback, Callback, pointer),
            ("perry_container_promise_wait", ctypes.c_int, pointer, wide),
            ("perry_container_promise_json", pointer, pointer, ctypes.POINTER(ctypes.c_size_t)),
            ("perry_container_promise_cancel", ctypes.c_int, pointer),
            ("perry_container_promise_free", None, pointer),
            ("perry_container_pump_fd", ctypes.c_int),
            ("perry_container_pump", ctypes.c_int, ctypes.c_int),
            ("perry_container_shutdown", ctypes.c_int, wide),
            ("perry_container_live", wide, ctypes.c_int),
        ):
            function = getattr(lib, name)
            function.restype, function.argtypes = result, arguments

    def call(self, symbol: str, *arguments: str | bytes | int | None) -> Promise:
        """The promise of an operation."""
        function = getattr(self.lib, symbol)
        function.restype = ctypes.c_void_p
        packed: list[Any] = []
        strings: list[int] = []
        for argument in arguments:
            if isinstance(argument, int):
                packed.append(ctypes.c_int64(argument))
            elif argument is None:
                packed.append(ctypes.c_void_p(None))
            else:
                data = argument.encode() if isinstance(argument, str) else argument
                strings.append(self.lib.perry_container_string_new(data, len(data)))
                packed.append(ctypes.c_void_p(strings[-1]))
        promise = Promise(self.lib, function(*packed))
        for string in strings:
            self.lib.perry_container_string_free(string)
        return promise

    def text(self, symbol: str) -> str:
        """The string of an operation that answers at once."""
        function = getattr(self.lib, symbol)
        function.restype = ctypes.c_void_p
        string = function()
        length = ctypes.c_uint32.from_address(string + 4).value
        text = ctypes.string_at(string + HEADER_BYTES, length).decode()
        self.lib.perry_container_string_free(string)
        return text


class Promise:
    """A promise of the library; freed with this object or with ``free``."""

    def __init__(self, lib: ctypes.CDLL, pointer: int) -> None:
        self._lib = lib
        self.pointer = pointer
        self._callbacks: list[Any] = []

    def wait(self, timeout_ms: int = 60_000) -> int:
        return int(self._lib.perry_container_promise_wait(self.pointer, timeout_ms))

    def result(self) -> Any:
        """What it settled with: the value, or the error object."""
        assert self.wait() in (FULFILLED, REJECTED)
        length = ctypes.c_size_t()
        text = self._lib.perry_container_promise_json(self.pointer, ctypes.byref(length))
        return json.loads(ctypes.string_at(text, length.value))

    def then(self, called: Callable[[], None]) -> int:
        callback = Callback(lambda promise, data: called())
        self._callbacks.append(callback)
        return int(self._lib.perry_container_promise_then(self.pointer, callback, callback, None))

    def cancel(self) -> int:
        return int(self._lib.perry_container_promise_cancel(self.pointer))

    def free(self) -> None:
        self._lib.perry_container_promise_free(self.pointer)
