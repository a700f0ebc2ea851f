"""A host of the shared object in a process of its own: reads calls from standard input, writes how long each took.

One JSON list a line: [symbol, argument, ...]; answered by one object a line: {"ms": float, "result": ...} or {"error": ...}.
"""

from __future__ import annotations

import ctypes
import json
import sys
import time
from typing import Any

FULFILLED = 1


class Header(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("utf16_len", "byte_len", "capacity", "refcount", "flags")]


def argument(value: Any) -> Any:
    """A handle as it is, an absent argument as null, anything else as a string of JSON or text."""
    if isinstance(value, int):
        return ctypes.c_int64(value)
    if value is None:
        return ctypes.c_void_p(None)
    text = (value if isinstance(value, str) else json.dumps(value)).encode()
    header = Header(len(text), len(text), len(text), 1, 0)
    return ctypes.c_char_p(bytes(header) + text)


def main() -> None:
    library = ctypes.CDLL(sys.argv[1])
    library.perry_container_promise_json.restype = ctypes.c_char_p
    library.perry_container_promise_json.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    library.perry_container_promise_wait.argtypes = [ctypes.c_void_p, ctypes.c_int64]
    library.perry_container_promise_free.argtypes = [ctypes.c_void_p]
    for line in sys.stdin:
        symbol, *values = json.loads(line)
        function = getattr(library, symbol)
        function.restype = ctypes.c_void_p
        arguments = [argument(value) for value in values]
        began = time.perf_counter()
        promise = function(*arguments)
        state = library.perry_container_promise_wait(promise, 120_000)
        took = (time.perf_counter() - began) * 1000
        result = json.loads(library.perry_container_promise_json(promise, None) or b"null")
        library.perry_container_promise_free(promise)
        print(json.dumps({"ms": took, "result" if state == FULFILLED else "error": result}), flush=True)


if __name__ == "__main__":
    main()
