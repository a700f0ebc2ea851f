"""Files of the user, opened so that nobody waits for ever."""

from __future__ import annotations

import os
from typing import BinaryIO


def open_file(path: str) -> BinaryIO:
    """Opens for reading, as ``open``. A named pipe that nobody writes to is empty, where ``open`` would wait."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        os.set_blocking(number, True)
        return open(number, "rb")
    except BaseException:
        os.close(number)
        raise
