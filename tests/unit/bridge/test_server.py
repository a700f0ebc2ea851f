"""The loop with numbers in place of the C side: what it does to the interpreter that it runs in."""

from __future__ import annotations

import os
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from perry_ffi.bridge import server
from perry_ffi.bridge.alone import Begun
from perry_ffi.bridge.ffi_channel import NOTHING, SHUTDOWN


class Library:
    """Has nothing to do until it is told to end."""

    def __init__(self, own: bool) -> None:
        self._own, self._ended = own, False
        self._waked, self._wakes = os.pipe()

    def end(self) -> None:
        self._ended = True
        os.write(self._wakes, b"!")

    def perry_take(self, view: Any) -> int:
        return SHUTDOWN if self._ended else NOTHING

    def perry_wake_fd(self) -> int:
        return self._waked

    def perry_wake_clear(self) -> None:
        if self._ended:
            os.read(self._waked, 1)

    def perry_python_is_own(self) -> int:
        return int(self._own)

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: 0


@pytest.mark.parametrize("own", [True, False])
def test_only_its_own_interpreter_is_told_that_it_has_started(own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[bool] = []
    library = Library(own)
    monkeypatch.setattr(server, "STARTED_SECONDS", 0.01)
    monkeypatch.setattr(server, "started", lambda: told.append(True))
    timer = threading.Timer(0.3, library.end)
    timer.start()
    channel = server.FfiChannel(SimpleNamespace(new=lambda kind: SimpleNamespace(id=0), unpack=None), library)
    server.Server(channel, Begun((server.NOTHING, 0), None)).run()
    timer.join()
    assert told == [True] * own
