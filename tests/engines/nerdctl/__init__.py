"""A little engine behind nerdctl's command line, for tests where there is no nerdctl.

It is real: containers are processes in namespaces of their own, on files of their own, with a busybox for an image; logs, exit
codes, volumes and files are what they are. What it holds lies in a folder, so that it outlives each call, as containerd does.
What it prints was recorded from nerdctl 2.3.5 with containerd 2.4.2, word by word, its oddities too: a made container has no
status, networks go by made-up names, ``rm --force`` of nothing succeeds, a failed ``exec`` ends with 1 and names its code in the
last line. It has no networks between containers, and builds and transfers nothing.
"""

from __future__ import annotations

from pathlib import Path

from tests.engines import quick

ROOT = Path(__file__).resolve().parents[3]


def install(folder: Path) -> Path:
    """Puts ``nerdctl`` into ``folder``/bin, with what it holds beside it; gives that ``bin``, for the search path."""
    binaries, state = folder / "bin", folder / "state"
    binaries.mkdir(parents=True)
    state.mkdir()
    path = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
    quick.write(binaries / "nerdctl", path + f"from tests.engines.nerdctl.command import main\nmain({str(state)!r})")
    return binaries


__all__ = ["install"]
