"""Makes the file of modules that ``perry-compose`` starts with: ``python -P scripts/make_modules.py SOURCES`` of a virtual environment.

SOURCES: the folder with the package, in whose folders the file has its place. The Python that runs this is the one that will run the
program, with the same path. Every module of the package is imported, with what its functions import, and all that is loaded then is
noted. A file that is fresh is left as it is.
"""

from __future__ import annotations

import os
import sys

FOUND = [folder for folder in sys.path if folder != os.path.dirname(os.path.abspath(__file__))]
sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]

import make_tables  # noqa: E402
from static import lazy_names  # noqa: E402


def noted():
    """By its name each module that is loaded, and is in a file of the path: its folder, its file's end, time and size, its code."""
    from importlib.machinery import ExtensionFileLoader, SourceFileLoader

    for name, module in sorted(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if spec is None or spec.name != name or type(spec.loader) not in (SourceFileLoader, ExtensionFileLoader):
            continue
        folder = next((folder for folder in FOUND if spec.origin.startswith(f"{folder}/{name.replace('.', '/')}")), None)
        if folder is None:
            continue
        suffix = spec.origin[len(f"{folder}/{name}") :]
        state = os.stat(spec.origin)
        code = code_of(spec) if type(spec.loader) is SourceFileLoader else None
        yield name, (folder, suffix, state.st_mtime_ns, state.st_size, code)


def code_of(spec):
    """Of a module; where anyio would read its own text it is written down, as in the static form."""
    if spec.name != lazy_names.MODULE:
        return spec.loader.get_code(spec.name)
    from pathlib import Path

    return compile(lazy_names.with_names(Path(spec.origin)), spec.origin, "exec", dont_inherit=True)


def is_fresh(file):
    """Whether the file there is of this Python and path, and of all modules of the package as they are."""
    from pathlib import Path

    from perry_ffi.interpreter import modules

    try:
        found = modules.read(memoryview(Path(file).read_bytes()), FOUND)
    except FileNotFoundError:
        return False
    own = [name for name, _ in make_tables.own_modules(Path(make_tables.SITE, "perry_ffi"))]
    return found is not None and all(map(found.find_spec, {*own, *found.names()}))


def main():
    from perry_ffi.interpreter import modules

    target = f"{make_tables.SITE}/perry_ffi/interpreter/{modules.NAME}"
    if is_fresh(target):
        return
    make_tables.import_all()
    with open(f"{target}.new", "wb") as file:
        file.write(modules.written(FOUND, dict(noted())))
    os.replace(f"{target}.new", target)


if __name__ == "__main__":
    main()
