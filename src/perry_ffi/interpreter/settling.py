"""What makes the interpreter quick to start."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


STARTING, STARTED = 150_000, 25_000
"""After how many new objects garbage is collected."""


def settle_in(before_openssl: Callable[[], object] = bool) -> None:
    """Spares the imports that follow what nobody needs of them, and has the loop's thread never wait long for another.

    before_openssl: called right before OpenSSL loads, if it ever does.
    """
    import gc
    import sys

    from perry_ffi.interpreter.compiling import use_stored
    from perry_ffi.interpreter.core import take_core_alone
    from perry_ffi.interpreter.openssl import put_off_openssl

    # Modules that load make hardly any garbage: looking for it among all that they make is what a start can spare.
    gc.set_threshold(STARTING, 20, 20)
    # The loop gets its turn soon, too, while a thread computes (signatures are checked in one): Python's own 5 ms are long.
    sys.setswitchinterval(0.00025)
    use_stored()
    # asyncio looks into ssl with every call on a socket where it has it: unix sockets carry no TLS, and net/ has its own.
    sys.modules["ssl"] = None  # type: ignore[assignment]
    import asyncio  # noqa: F401

    del sys.modules["ssl"]
    put_off_openssl(before_openssl)
    take_core_alone()


def started() -> None:
    """Garbage is collected as a process wants it that lives on. To be called a while after ``settle_in``, when the loop has time."""
    import gc

    gc.set_threshold(STARTED, 20, 20)
