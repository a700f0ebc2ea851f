"""Where the library is, for a C build: ``python -m perry_ffi.config --cflags --libs``.

Works for an installed package, for a checkout after ``make build``, and for a build folder that was moved.
Answers are printed in the order of the flags, on one line; words are quoted as a shell reads them.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import NamedTuple

from perry_ffi import __version__

LIBRARY = "libperry_container.so"


class Places(NamedTuple):
    """Absolute paths of what a C build needs."""

    library: Path
    include: Path
    pkgconfig: Path


def _candidates(package: Path) -> list[Places]:
    """Where the shared object may lie, seen from the folder of the package."""
    installed = Places(package / "lib" / LIBRARY, package / "include", package / "lib/pkgconfig")
    folders = [package.parents[1], package.parents[1] / "build"]
    return [installed, *(Places(folder / LIBRARY, folder / "include", folder / "pkgconfig") for folder in folders)]


def places(package: Path | None = None) -> Places:
    """Finds the shared object of this package.

    package: the folder of ``perry_ffi``; absent: this one's.
    Raises FileNotFoundError, naming the places, if it was not built.
    """
    candidates = _candidates(package or Path(__file__).resolve().parent)
    for found in candidates:
        if found.library.exists():
            return found
    looked = ", ".join(str(found.library) for found in candidates)
    raise FileNotFoundError(f"{LIBRARY} is not there; run make build or pip install. Looked for {looked}")


def answers(found: Places) -> dict[str, list[str]]:
    """The words that each flag prints."""
    folder = found.library.parent
    return {
        "cflags": [f"-I{found.include}"],
        "libs": [f"-L{folder}", f"-Wl,-rpath,{folder}", "-lperry_container"],
        "library": [str(found.library)],
        "include": [str(found.include)],
        "pkgconfigdir": [str(found.pkgconfig)],
        "version": [__version__],
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m perry_ffi.config", description=__doc__.split("\n")[0])
    texts = {
        "cflags": "flags of the C compiler",
        "libs": "flags of the linker, with a run path",
        "library": "the path of the shared object",
        "include": "the folder of perry_container.h",
        "pkgconfigdir": "the folder of perry_container.pc, for PKG_CONFIG_PATH",
        "version": "the version of the library",
    }
    for flag, text in texts.items():
        parser.add_argument(f"--{flag}", dest="flags", action="append_const", const=flag, help=text)
    flags = parser.parse_args(arguments).flags
    if not flags:
        parser.error("at least one flag is needed")
    try:
        known = answers(places())
    except FileNotFoundError as error:
        print(f"perry_ffi.config: {error}", file=sys.stderr)
        return 1
    print(shlex.join(word for flag in flags for word in known[flag]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
