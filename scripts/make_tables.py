"""Makes the tables of code that the library's start looks into: ``python -I -S make_tables.py SITE [--check]``.

SITE: a folder with the Python packages as they are shipped; the tables are put into it. The Python that runs this must be of
the very version that will run them. Every module of the package is imported, with what its functions import, and the first
calls are made that a program makes; what Python makes of text meanwhile is noted.

``--check`` makes nothing: its status is 0 where the tables that are there are ones that this Python can use.
"""

from __future__ import annotations

import sys

SITE = sys.argv[1]
sys.path.insert(0, SITE)
sys.dont_write_bytecode = True

from perry_ffi.interpreter import tables  # noqa: E402
from perry_ffi.interpreter.compiling import TEXT, put_in, usable  # noqa: E402

LATE = ("anyio._backends._asyncio", "encodings.idna")
"""What is imported by a name that no import statement has."""
NOT_IMPORTED = (".__main__", ".interpreter.carried")
"""What begins something when it is imported, and what is of the static form alone."""
FIRST_CALLS = (b'{"image":"busybox","no such member":1}', b'{"image":"busybox"}')
NOWHERE = {"PERRY_CONTAINER_BACKEND": "docker", "DOCKER_HOST": "unix:///nonexistent/engine.sock"}


class Noting(tables.Tables):
    """Has nothing, and notes what is looked for."""

    def __init__(self):
        super().__init__({}, memoryview(b""))
        self.results = {}
        self._asked = self._listening = None

    def code(self, mode, text):
        if type(text) is not str or text[:1] in (" ", "\t"):  # which eval takes, and compile does not
            return None
        code = self.results[mode, text, 0] = compile(text, TEXT, mode, dont_inherit=True)
        return code

    def pattern(self, pattern, flags):
        self._listening = self._listening or self._listen()
        self._asked = ("pattern", pattern, int(flags)) if type(pattern) in (str, bytes) else None

    def _listen(self):
        """Hears what ``re`` makes of a pattern that was asked for."""
        import _sre
        import re

        noting = self

        class Heard:
            def __getattr__(self, name):
                return getattr(_sre, name)

            def compile(self, pattern, flags, code, *groups):
                if noting._asked is not None:
                    # The numbers are of kinds that have names, and are wanted as numbers.
                    noting.results[noting._asked] = (int(flags), [int(word) for word in code], *groups)
                    noting._asked = None
                return _sre.compile(pattern, flags, code, *groups)

        re._compiler._sre = Heard()
        return True


def own_modules(package):
    """(name, file) of each module of the package that may be imported."""
    for path in sorted(package.rglob("*.py")):
        name = ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")
        if not name.endswith(NOT_IMPORTED):
            yield name, path


def imported_by(path):
    """The modules that a file imports, also inside functions."""
    import ast

    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def import_all():
    from contextlib import suppress
    from importlib import import_module
    from pathlib import Path

    others = set(LATE)
    for name, path in own_modules(Path(SITE, "perry_ffi")):
        import_module(name)
        others.update(imported_by(path))
    for name in sorted(others):
        with suppress(ImportError):  # another system's, or another version's
            import_module(name)


async def first_calls():
    from contextlib import suppress

    from perry_ffi.api import containers
    from perry_ffi.errors import ContainerError
    from perry_ffi.service.client import Client

    client = Client(NOWHERE)
    for spec in FIRST_CALLS:
        with suppress(ContainerError):
            await containers.run(client, spec)
    await client.aclose()


def main():
    if sys.argv[2:] == ["--check"]:
        sys.exit(usable() is None)
    target = f"{SITE}/perry_ffi/interpreter/{tables.NAME}"
    with open(target, "wb"):
        pass  # what was there is not to be used while this runs
    noting = Noting()
    put_in(noting)
    from perry_ffi.interpreter import classes
    from perry_ffi.interpreter.settling import settle_in

    classes.put_off_classes = bool  # each is to be noted
    settle_in()
    import asyncio
    import os

    asyncio.run(first_calls())
    import_all()
    with open(f"{target}.new", "wb") as file:
        file.write(tables.written(noting.results))
    os.replace(f"{target}.new", target)


if __name__ == "__main__":
    main()
