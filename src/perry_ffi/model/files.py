"""Files of the user, opened so that nobody waits for ever."""

from __future__ import annotations

import errno
import io
import os
import stat
from typing import Any, BinaryIO, cast


def open_file(path: str) -> BinaryIO:
    """Opens for reading by ``read(size)``, as ``open``. A named pipe that nobody writes to is empty, where ``open`` would wait.

    What has nothing to read and may have later (a terminal, a log of the kernel's) is no file that anybody can mean:
    reading it raises OSError. Only a pipe that somebody writes to is waited for.
    """
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if stat.S_ISFIFO(os.fstat(number).st_mode):
            os.set_blocking(number, True)
        return cast(BinaryIO, io.BufferedReader(_Impatient(number, "rb")))
    except BaseException:
        os.close(number)
        raise


class _Impatient(io.FileIO):
    """A file that raises where a read would wait."""

    def readinto(self, buffer: Any) -> int:
        size = super().readinto(buffer)
        if size is None:
            raise OSError(errno.EAGAIN, "it has nothing to read, and may have later")
        return size
