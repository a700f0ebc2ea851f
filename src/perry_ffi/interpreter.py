"""An interpreter of the library's own, made quick to start: the shared object's, and that of ``perry-compose``.

In a host's interpreter nothing of this is done. Imports next to nothing itself.
"""

from __future__ import annotations


def settle_in() -> None:
    """Spares the imports that follow what nobody needs of them, and has the loop's thread never wait long for another."""
    import gc
    import sys
    from types import ModuleType

    # Modules that load make hardly any garbage: collecting while they do is what a start can spare.
    gc.set_threshold(25_000, 20, 20)
    # The loop gets its turn soon, too, while a thread computes (signatures are checked in one): Python's own 5 ms are long.
    sys.setswitchinterval(0.00025)
    # asyncio need not bring OpenSSL along: unix sockets carry no TLS. Whoever wants it later still can.
    sys.modules["ssl"] = None  # type: ignore[assignment]
    import asyncio  # noqa: F401

    del sys.modules["ssl"]
    # pydantic would read the metadata of every package in search of plugins, of which this library has none.
    plugins = ModuleType("pydantic.plugin._loader")
    plugins.get_plugins = tuple  # type: ignore[attr-defined]
    sys.modules[plugins.__name__] = plugins
