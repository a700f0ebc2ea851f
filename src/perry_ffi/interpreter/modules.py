"""Where modules are and what the compiler made of them, in one file that the build writes beside this module: Python looks for each
one in the folders of its path, and opens and checks a file of byte code for it, which takes longer than most modules take to run.

A module is taken from the file while its source has the size and the time that it had when the file was made, as Python does it
with byte code. Every other one is found in the usual way; so is each, where the path is another one, or the file was made by another
Python: a file that is stale is slow and never wrong. The static form has no need of it: there the shared object carries all modules.

The file: a line that says which Python made it; how long the index is, and its check sum; the index (marshalled: the path, how
long the code is, the places of the modules); the code of the modules (marshalled).
"""

from __future__ import annotations

import marshal
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import ExtensionFileLoader, SourceFileLoader

from perry_ffi.interpreter.tables import indexed, mapped, with_index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.machinery import ModuleSpec as Found
    from types import CodeType
    from typing import Any

    Place = tuple[str, str, int, int, int, int]
    """Of a module: the folder of the path that it is below, how its file's name ends, the file's time in nanoseconds and its size in
    bytes, where its code begins and ends. What has no code is a module in machine code.
    """

NAME = "start.modules"
"""The file, beside this module."""
PACKAGE = "/__init__.py"
"""How the file of a package ends, after the package's name."""
_SOURCE = ".py"


def find_stored() -> None:
    """From now on modules are found in the file that was built for the path of this Python, where it can be used."""
    try:
        found = read(mapped(NAME), sys.path)
    except Exception:
        return
    if found is not None:
        sys.meta_path.insert(0, found)


def written(path: Sequence[str], modules: Mapping[str, tuple[str, str, int, int, CodeType | None]]) -> bytes:
    """The file. path: in which modules are looked for. modules: by their names their places, and what is their code."""
    places: dict[str, Place] = {}
    pieces, end = [], 0
    for name, (folder, suffix, time, size, code) in sorted(modules.items()):
        piece = b"" if code is None else marshal.dumps(code)
        places[name] = (folder, suffix, time, size, end, end + len(piece))
        pieces.append(piece)
        end += len(piece)
    return with_index((list(path), end, places), pieces)


def read(file: Any, path: Sequence[str]) -> Stored | None:
    """What finds the modules of the bytes of a file; None where it is of another Python or for another path, or is damaged."""
    found = indexed(file)
    if found is None:
        return None
    (its_path, length, places), data = found
    return Stored(places, data) if its_path == list(path) and len(data) == length else None


class Stored:
    """A finder. data: the code of all modules."""

    def __init__(self, places: Mapping[str, Place], data: memoryview) -> None:
        from posix import stat  # ``os`` has it under the same name; this is there before ``os`` is.

        self._places, self._data, self._stat = places, data, stat

    def names(self) -> list[str]:
        """Of all modules that are here."""
        return list(self._places)

    def find_spec(self, name: str, path: object = None, target: object = None) -> Found | None:
        """As a finder does it."""
        place = self._places.get(name)
        if place is None:
            return None
        folder, suffix, time, size, start, end = place
        file = f"{folder}/{name.replace('.', '/')}{suffix}"
        try:
            found = self._stat(file)
        except OSError:
            return None
        if found.st_mtime_ns != time or found.st_size != size:
            return None
        if start == end:
            return _spec(name, file, ExtensionFileLoader(name, file))
        return _spec(name, file, _Loader(name, file, self._data[start:end]), package=suffix == PACKAGE)


class _Loader(SourceFileLoader):
    """Of a module whose code is there. Whatever else is asked of it is in the file of its source."""

    def __init__(self, name: str, path: str, code: memoryview) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = marshal.loads(self._code)
        return code


def _spec(name: str, file: str, loader: Any, *, package: bool = False) -> Found:
    """As Python makes one of a file."""
    spec = ModuleSpec(name, loader, origin=file, is_package=package)
    spec.has_location = True
    if file.endswith(_SOURCE):
        folder, _, stem = file.rpartition("/")
        spec.cached = f"{folder}/__pycache__/{stem.removesuffix(_SOURCE)}.{sys.implementation.cache_tag}.pyc"
        if package:
            spec.submodule_search_locations = [folder]
    return spec
