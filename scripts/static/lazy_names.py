"""anyio imports lazily: it reads in its own text what lies where. A carried module has no text, so what it reads is written down.

Without it anyio would still work, and import all of itself at once. The reading is done by anyio's own function.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

MODULE = "anyio._lazyimport"
CALL = "install_lazy_importer()"
WRITTEN = """

_written_down = {maps!r}


def _build_lazy_map(module):
    return _written_down.get(module.__name__, ({{}}, {{}}, []))
"""


def _reader(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("lazyimport", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _lazy_packages(top: Path) -> dict[str, Path]:
    """The packages that call it, and their files."""
    files = [file for file in sorted(top.rglob("__init__.py")) if CALL in file.read_text()]
    return {".".join(file.parent.relative_to(top.parent).parts): file for file in files}


def with_names(file: Path) -> bytes:
    """The text of the module that reads, changed so that it need not. file: where it lies, the package around it."""
    reader = _reader(file)
    maps = {}
    for name, text in _lazy_packages(file.parent).items():
        package = ModuleType(name)
        package.__file__ = str(text)
        maps[name] = reader._build_lazy_map(package)
    return file.read_bytes() + WRITTEN.format(maps=maps).encode()
