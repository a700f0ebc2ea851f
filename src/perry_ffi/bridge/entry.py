"""Where the shared object enters Python: the one function that cffi embeds.

Imported by the library's thread before anything else, so it imports next to nothing itself.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def attach(ffi: Any, lib: Any) -> None:
    """Defines ``perry_serve`` of one copy of the shared object. Called by cffi's embedded code, once.

    ``perry_serve`` answers 0 after an orderly shutdown; anything else means that the loop died, and
    why is then told with ``perry_python_set_failure``. No exception leaves it, and none is printed.
    """

    def serve() -> int:
        from perry_ffi.abi.rows import DIGEST

        built = ffi.string(lib.perry_table_digest()).decode()
        if built != DIGEST:
            raise ImportError(f"the Python packages are of another version than the shared object ({DIGEST}, {built})")
        from perry_ffi.bridge.alone import Once, serve_programs
        from perry_ffi.bridge.ffi_channel import FfiChannel

        prepare = Once(lambda: _settle_in(lib))
        channel = FfiChannel(ffi, lib)
        _settle_lightly(lib)
        begun = serve_programs(channel, prepare)
        prepare()
        from perry_ffi.bridge.server import Server

        Server(channel, begun).run()
        if lib.perry_python_is_own():
            from perry_ffi.interpreter.compiling import give_back

            give_back()
        return 0

    def died(kind: type[BaseException], error: BaseException, trace: Any) -> int:
        lib.perry_python_set_failure(f"{kind.__name__}: {error}".encode("utf-8", "replace"))
        return -1

    ffi.def_extern(name="perry_serve", error=-1, onerror=died)(serve)


def _settle_lightly(lib: Any) -> None:
    if lib.perry_python_is_own():
        from perry_ffi.interpreter.settling import settle_lightly

        settle_lightly(lib.perry_quiet_openssl)


def _settle_in(lib: Any) -> None:
    if lib.perry_python_is_own():
        from perry_ffi.interpreter.settling import settle_in

        settle_in(lib.perry_quiet_openssl)
