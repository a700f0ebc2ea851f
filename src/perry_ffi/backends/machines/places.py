"""Where a machine's sockets and its program may be, from the table's patterns and what the environment says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from perry_ffi.backends.machines import products
from perry_ffi.process.program import find_program

if TYPE_CHECKING:
    from perry_ffi.backends.machines.products import Machine, Share
    from perry_ffi.settings import Settings

USUAL_FOLDERS = ("/opt/homebrew/bin", "/usr/local/bin")
"""Where programs are on a Mac, also for one that was started by a click, and so without a shell's search path."""


def sockets(settings: Settings, machine: Machine) -> list[str]:
    """The paths of its engine's sockets, in order; of a pattern with ``*`` those that are there."""
    return list(dict.fromkeys(path for pattern in machine.sockets for path in _paths(settings, pattern)))


def shares(settings: Settings, machine: Machine) -> list[Share]:
    """The folders of the host that it has, unless it is told otherwise."""
    here = [share for share in machine.shares if share.platform in ("", settings.platform)]
    return [share._replace(path=path) for share in here for path in _paths(settings, share.path)]


def holder(settings: Settings, path: str) -> str:
    """The name of the machine whose socket ``path`` is; empty where it is none's."""
    real = os.path.realpath(path)
    known = ((machine.name, one) for machine in products.MACHINES for one in sockets(settings, machine))
    return next((name for name, one in known if real == os.path.realpath(one)), "")


def program(settings: Settings, machine: Machine) -> str | None:
    """Its program; None where it is not installed."""
    folders = [path for pattern in machine.folders for path in _paths(settings, pattern)]
    usual = USUAL_FOLDERS if settings.platform == "darwin" else ()
    return find_program(machine.program, os.pathsep.join((settings.search_path, *folders, *usual)))


def nerdctl(settings: Settings, machine: Machine) -> str | None:
    """The program that leads to the nerdctl in it; one of its own folders, where it is another than the product's own."""
    if machine.nerdctl is None or not machine.nerdctl.program:
        return program(settings, machine)
    folders = [path for pattern in machine.folders for path in _paths(settings, pattern)]
    return find_program(machine.nerdctl.program, os.pathsep.join(folders))


def is_installed(settings: Settings, machine: Machine) -> bool:
    """Whether there is a program to be asked, and a trace of it where the program may be another's."""
    traces = [path for pattern in machine.traces for path in _paths(settings, pattern)]
    return program(settings, machine) is not None and (not traces or any(map(os.path.lexists, traces)))


def install(settings: Settings, machine: Machine) -> str:
    """What is to be done where it is not there."""
    return machine.install if settings.platform == "darwin" else f"install {machine.product}"


def _paths(settings: Settings, pattern: str) -> Iterator[str]:
    words = {name: str(find(settings)) for name, find in _WORDS.items() if f"{{{name}}}" in pattern}
    if "*" not in pattern:
        yield pattern.format_map(words)
    else:
        import glob  # not for those without a pattern

        yield from sorted(glob.glob(pattern.format_map({name: glob.escape(word) for name, word in words.items()})))


def _said(settings: Settings, variable: str) -> Path | None:
    text = (settings.environ or {}).get(variable)
    return Path(text) if text else None


def _home(settings: Settings) -> Path:
    return settings.home


def _colima(settings: Settings) -> Path:
    """As colima looks for it: a folder that is there, before one that it would make."""
    own, old, new = _said(settings, "COLIMA_HOME"), settings.home / ".colima", settings.home / ".config/colima"
    if own is not None and own.is_dir():
        return own
    if old.is_dir():
        return old
    if _said(settings, "XDG_CONFIG_HOME") is not None:
        return settings.config_home / "colima"
    return new if new.is_dir() or settings.platform != "darwin" else old


def _lima(settings: Settings) -> Path:
    return _said(settings, "LIMA_HOME") or settings.home / ".lima"


def _tmp(settings: Settings) -> Path:
    return _said(settings, "TMPDIR") or Path("/tmp")


_WORDS: Mapping[str, Callable[[Settings], Path]] = {"home": _home, "colima": _colima, "lima": _lima, "tmp": _tmp}
