"""The stand-in where programs look for it: a program ``container`` in a folder, with an engine of its own."""

from __future__ import annotations

import os
from pathlib import Path

from tests.engines import quick
from tests.engines.apple.program import FOLDER
from tests.engines.apple.world import World

REPOSITORY = Path(__file__).resolve().parents[3]


def install(folder: Path, *images: str, root: bytes = b"") -> dict[str, str]:
    """The environment in which the program is found; the engine holds ``images``.

    root: the files of them, as a tar file; without them containers are processes of this machine, on its files.
    """
    programs = folder / "bin"
    programs.mkdir(parents=True)
    path = f"import sys\nsys.path.insert(0, {str(REPOSITORY)!r})\n"
    quick.write(programs / "container", path + "from tests.engines.apple.program import main\nsys.exit(main(sys.argv[1:]))")
    world = World(folder / "engine")
    with world.changed():
        for image in images:
            world.add_image(image, {"Cmd": ["sh"], "Env": ["PATH=/bin"]} if root else None, root)
    path = f"{programs}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(folder), FOLDER: str(folder / "engine")}
