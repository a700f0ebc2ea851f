"""Runs of perry-compose in a process that goes on."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from perry_ffi import __version__
from perry_ffi.cli import hosted
from perry_ffi.cli.interrupts import SIGNALS, OwnSignals


@pytest.mark.parametrize(
    ("words", "status"), [(["version"], 0), (["--nonsense"], 2), (["--help"], 0), (["-f", "none", "config"], 1)]
)
def test_the_status_comes_back_and_the_streams_stay(words: list[str], status: int, capfd: Any) -> None:
    before = sys.stdin, sys.stdout, sys.stderr
    assert hosted.run(words, OwnSignals()) == status
    assert (sys.stdin, sys.stdout, sys.stderr) == before
    assert SIGNALS.get(None) is None


def test_it_writes_to_the_descriptors(capfd: Any) -> None:
    assert hosted.run(["version", "--short"], OwnSignals()) == 0
    assert capfd.readouterr().out == f"{__version__}\n"
