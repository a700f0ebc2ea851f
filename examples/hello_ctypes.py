"""Asks which container engines answer on this machine: ``python hello_ctypes.py /path/to/libperry_container.so``."""

import ctypes
import json
import sys

library = ctypes.CDLL(sys.argv[1])
library.js_container_getAvailableBackends.restype = ctypes.c_void_p
library.perry_container_promise_wait.argtypes = [ctypes.c_void_p, ctypes.c_int64]
library.perry_container_promise_json.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
library.perry_container_promise_json.restype = ctypes.c_char_p
library.perry_container_promise_free.argtypes = [ctypes.c_void_p]

FULFILLED = 1
promise = library.js_container_getAvailableBackends()  # returns at once
state = library.perry_container_promise_wait(promise, 10_000)  # at most 10 s
result = json.loads(library.perry_container_promise_json(promise, None) or b"null")
library.perry_container_promise_free(promise)
if state != FULFILLED:
    sys.exit(f"failed: {result['message'] if result else 'no answer in 10 s'}")
for backend in result:
    print(f"{backend['name']}: {'answers, version ' + backend['version'] if backend['available'] else backend['reason']}")
