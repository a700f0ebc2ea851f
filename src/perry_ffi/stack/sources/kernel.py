"""The kernel's word that something in a folder has changed (inotify), where there is one.

Python's own library has nothing for it; the calls are made by the library that the border to C is made with anyway. Which file it
was is not believed to be whole: names may be lost where many come at once. Whoever hears of a folder looks into it.
"""

from __future__ import annotations

import os
import struct
import sys
from importlib import import_module
from typing import Any

_EVENT = struct.Struct("iIII")
_NONBLOCK, _CLOEXEC = 0o4000, 0o2000000
_MASK = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800 | 0x01000000
"""IN_MODIFY, IN_ATTRIB, IN_CLOSE_WRITE, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE, IN_DELETE_SELF, IN_MOVE_SELF, IN_ONLYDIR."""
_OVERFLOW = 0x4000
_BATCH = 65536


class Kernel:
    """One descriptor, and the folders that it is about."""

    def __init__(self) -> None:
        """Raises OSError where the kernel tells nothing."""
        self._ffi, self._lib = _calls()
        self.descriptor = self._lib.inotify_init1(_NONBLOCK | _CLOEXEC)
        if self.descriptor < 0:
            raise OSError(self._ffi.errno, os.strerror(self._ffi.errno))
        self._folders: dict[int, str] = {}

    def add(self, folder: str) -> None:
        """Hears of ``folder`` too, and of none below it. Raises OSError: it has gone, or the user may watch no more of them."""
        number = self._lib.inotify_add_watch(self.descriptor, os.fsencode(folder), _MASK)
        if number < 0:
            raise OSError(self._ffi.errno, os.strerror(self._ffi.errno), folder)
        self._folders[number] = folder

    def heard(self) -> set[str] | None:
        """The folders in which something has changed since it was asked last; ``None``: in any of them, for words were lost."""
        found: set[str] = set()
        lost = False
        while data := self._read():
            at = 0
            while at < len(data):
                number, mask, _, length = _EVENT.unpack_from(data, at)
                at += _EVENT.size + length
                lost = lost or bool(mask & _OVERFLOW)
                if number in self._folders:
                    found.add(self._folders[number])
        return None if lost else found

    def _read(self) -> bytes:
        try:
            return os.read(self.descriptor, _BATCH)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        os.close(self.descriptor)


def _calls() -> tuple[Any, Any]:
    if not sys.platform.startswith("linux"):
        raise OSError("inotify is Linux's")
    backend = import_module("_cffi_backend")

    # int inotify_init1(int), int inotify_add_watch(int, const char *, unsigned int): as cffi writes such declarations.
    types = b"\x00\x00\x01\x0d\x00\x00\x07\x01\x00\x00\x00\x0f\x00\x00\x01\x0d\x00\x00\x07\x01\x00\x00\x08\x03\x00\x00\x08\x01"
    types += b"\x00\x00\x00\x0f\x00\x00\x02\x01"
    names = (b"\x00\x00\x03\x23inotify_add_watch", 0, b"\x00\x00\x00\x23inotify_init1", 0)
    ffi = backend.FFI("inotify", _version=0x2601, _types=types, _globals=names)
    return ffi, ffi.dlopen(None)
