"""``python -m scripts.ship [wheel] [npm] [debian]``: what is made of the static form, in ``dist/``; without a word all of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from scripts.ship import debian, launcher, npm, wheel
from scripts.static.places import ROOT, say

MAKERS: dict[str, Callable[[Path, Path], list[Path]]] = {"wheel": wheel.build, "npm": npm.build, "debian": debian.build}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.ship", description=__doc__)
    parser.add_argument("what", nargs="*", metavar="KIND", choices=(*MAKERS, []), help="what is made (default: all)")
    parser.add_argument("--library", type=Path, default=launcher.STATIC, help="the static form, with what lies beside it")
    parser.add_argument("--output", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    launcher.build(options.library, options.library.parent / launcher.NAME)
    for name in options.what or MAKERS:
        for made in MAKERS[name](options.library, options.output):
            say(f"{made} is ready ({made.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
