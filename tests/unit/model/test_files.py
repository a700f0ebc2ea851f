"""Files are opened so that nobody waits for ever."""

from __future__ import annotations

import os
import pty
from pathlib import Path

import pytest

from perry_ffi.model.files import open_file


def test_what_has_nothing_to_read_is_empty_or_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (str(tmp_path / "pipe"), "/dev/null"):
        with open_file(path) as file:
            assert file.read(10) == b""
    with open_file("/dev/zero") as file:
        assert file.read(3) == bytes(3)
    control, terminal = pty.openpty()
    try:
        for path in (os.ttyname(terminal), "/dev/ptmx"):
            with pytest.raises(OSError), open_file(path) as file:
                file.read(10)
    finally:
        os.close(control)
        os.close(terminal)
