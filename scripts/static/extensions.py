"""Extension modules of C that CPython's own build does not make: cffi's back end, PyYAML's, and Python's two for OpenSSL."""

from __future__ import annotations

from pathlib import Path

from scripts.static.clibraries import clibraries
from scripts.static.cpython import cpython, include
from scripts.static.openssl import openssl
from scripts.static.places import Part
from scripts.static.pypi import sdist
from scripts.static.toolchain import archive, compile_all, key, run
from scripts.static.tools import python


def _cffi(folder: Path) -> list[Path]:
    source = sdist("cffi").folder() / "tree/src/c/_cffi_backend.c"
    libraries = clibraries().folder() / "include"
    return compile_all(
        [source], folder / "cffi", include(), f"-I{libraries}", "-DFFI_BUILDING=1", "-DUSE__THREAD", "-DHAVE_SYNC_SYNCHRONIZE"
    )


def _yaml(folder: Path) -> list[Path]:
    source = sdist("PyYAML").folder() / "tree/yaml"
    written = folder / "yaml/_yaml.c"
    written.parent.mkdir()
    # From the folder above, so that the C source names no other place.
    run([str(python()), "-m", "cython", "-3", "yaml/_yaml.pyx", "-o", str(written)], cwd=source.parent)
    flags = [include(), f"-I{source}", f"-I{clibraries().folder() / 'include'}", "-DYAML_DECLARE_STATIC"]
    return compile_all([written], folder / "yaml", *flags)


def _of_openssl(folder: Path) -> list[Path]:
    modules = cpython().folder() / "Modules"
    headers = cpython().folder() / "include/python3.13"
    flags = [f"-I{headers}", f"-I{headers / 'internal'}", f"-I{openssl().folder() / 'include'}", "-DPy_BUILD_CORE_BUILTIN"]
    return compile_all([modules / "_ssl.c", modules / "_hashopenssl.c"], folder / "openssl", *flags)


def _recipe(folder: Path) -> None:
    archive(folder / "lib/libextensions.a", [*_cffi(folder), *_yaml(folder), *_of_openssl(folder)])


def extensions() -> Part:
    needs = [part().key for part in (clibraries, cpython, openssl)]
    return Part("extensions", _recipe, (key(), *needs, sdist("cffi").key, sdist("PyYAML").key))
