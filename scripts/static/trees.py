"""Where the modules of Python come from, as an import path."""

from __future__ import annotations

from pathlib import Path

from scripts.static.cpython import VERSION, cpython
from scripts.static.places import ROOT
from scripts.static.pypi import pure_packages, sdist

# The packages of compiled ones that are Python: by the source distribution, where in it.
OF_SDISTS = {"cryptography": "src/cryptography", "pydantic_core": "python/pydantic_core", "PyYAML": "lib/yaml"}


def package_folders() -> list[Path]:
    """The packages that are not of the standard library."""
    return [
        pure_packages().folder() / "tree",
        *((sdist(name).folder() / "tree" / place).parent for name, place in OF_SDISTS.items()),
    ]


def module_folders() -> list[Path]:
    return [ROOT / "src", *package_folders(), cpython().folder() / f"lib/python{VERSION}"]
