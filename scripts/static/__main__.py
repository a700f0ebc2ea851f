"""``python -m scripts.static [--output FILE] [--joined FILE] [--objects FOLDER]``: builds the static form and looks at it."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from build_ffi import LIBRARY
from scripts.static.link import link
from scripts.static.places import ROOT, say
from scripts.static.tools import python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "build/static" / LIBRARY)
    parser.add_argument("--objects", type=Path, default=ROOT / "build/static/objects")
    parser.add_argument("--joined", type=Path, help="where the library is wanted as one object as well, for build_perry.py")
    parser.add_argument(
        "--replace", action="append", default=[], metavar="NAME=FILE", help="for tests: a file of the packages, and its stand-in"
    )
    options = parser.parse_args()
    link(options.objects, options.output, dict(word.split("=", 1) for word in options.replace), options.joined)
    check = [str(python()), "-B", "-m", "scripts.static.checks", str(options.output)]
    if subprocess.run(check, cwd=ROOT, check=False).returncode:
        sys.exit(1)
    say(f"{options.output} is ready ({options.output.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
