"""Where the shared object enters Python: the one function that cffi embeds.

Imported by the library's thread before anything else, so it imports next to nothing itself.
"""

from __future__ import annotations

from typing import Any


def _settle_in() -> None:
    """Makes an interpreter of the library's own quick to start; in a host's interpreter nothing of this is done."""
    import gc
    import sys
    from types import ModuleType

    # Modules that load make hardly any garbage: collecting while they do is what a start can spare.
    gc.set_threshold(25_000, 20, 20)
    # asyncio need not bring OpenSSL along: unix sockets carry no TLS. Whoever wants it later still can.
    sys.modules["ssl"] = None  # type: ignore[assignment]
    import asyncio  # noqa: F401

    del sys.modules["ssl"]
    # pydantic would read the metadata of every package in search of plugins, of which this library has none.
    plugins = ModuleType("pydantic.plugin._loader")
    plugins.get_plugins = tuple  # type: ignore[attr-defined]
    sys.modules[plugins.__name__] = plugins


def attach(ffi: Any, lib: Any) -> None:
    """Defines ``perry_serve`` of one copy of the shared object. Called by cffi's embedded code, once.

    ``perry_serve`` answers 0 after an orderly shutdown; anything else means that the loop died, and
    why is then told with ``perry_set_death``. No exception leaves it, and none is printed.
    """

    def serve() -> int:
        from perry_ffi.abi.rows import DIGEST

        built = ffi.string(lib.perry_table_digest()).decode()
        if built != DIGEST:
            raise ImportError(f"the Python packages are of another version than the shared object ({DIGEST}, {built})")
        if lib.perry_owns_python():
            _settle_in()
        from perry_ffi.bridge.server import Server

        Server(ffi, lib).run()
        return 0

    def died(kind: type[BaseException], error: BaseException, trace: Any) -> int:
        lib.perry_set_death(f"{kind.__name__}: {error}".encode("utf-8", "replace"))
        return -1

    ffi.def_extern(name="perry_serve", error=-1, onerror=died)(serve)
