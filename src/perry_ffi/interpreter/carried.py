"""Finds the modules that lie in the shared object itself, in the form of it that needs no files.

Run by the C side as soon as there is an interpreter, before anything else can be imported: so it is frozen into the shared
object under the name ``perry_carried``, and imports what is built into Python alone. No other form of the library has it.
"""

import _frozen_importlib
import sys

import _perry_carried

PACKAGE, DATA = 1, 2  # what ``find`` tells, beside 0 and None


class Carried:
    """The finder, and the loader of what it finds; there is one."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> _frozen_importlib.ModuleSpec | None:
        what = _perry_carried.find(name)
        if what is None:
            return None
        return _frozen_importlib.ModuleSpec(name, self, is_package=what == PACKAGE)  # type: ignore[arg-type]

    def create_module(self, spec: _frozen_importlib.ModuleSpec) -> None:
        """As modules are made by default."""

    def exec_module(self, module: object) -> None:
        exec(_perry_carried.load(vars(module)["__name__"]), vars(module))

    def get_resource_reader(self, name: str) -> "Files":
        """For ``importlib.resources``."""
        return Files(name.replace(".", "/"))


class Files:
    """A folder of a package, or one file of data in it: what ``importlib.resources.files`` gives."""

    def __init__(self, path: str) -> None:
        self.path = path

    def files(self) -> "Files":
        return self

    def joinpath(self, *names: str) -> "Files":
        return Files("/".join((self.path, *names)))

    def is_file(self) -> bool:
        return bool(_perry_carried.find(self.path) == DATA)

    def read_bytes(self) -> bytes:
        if not self.is_file():
            raise FileNotFoundError(self.path)
        return bytes(_perry_carried.load(self.path))


sys.meta_path.insert(0, Carried())
