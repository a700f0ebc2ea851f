"""What makes the interpreter quick to start."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


STARTING, STARTED = 150_000, 25_000
"""After how many new objects garbage is collected."""


def collect_rarely() -> None:
    """Modules that load make hardly any garbage: looking for it among all that they make is what a start can spare."""
    import gc

    gc.set_threshold(STARTING, 20, 20)


def settle_lightly(before_openssl: Callable[[], object] = bool) -> None:
    """The same for what may need neither an event loop nor classes; ``settle_in`` may follow."""
    from perry_ffi.interpreter.compiling import use_stored
    from perry_ffi.interpreter.openssl import put_off_openssl
    from perry_ffi.interpreter.yaml_parser import take_parser_alone

    collect_rarely()
    use_stored(classes=False)
    take_parser_alone()
    put_off_openssl(before_openssl)


def settle_in(before_openssl: Callable[[], object] = bool) -> None:
    """Spares the imports that follow what nobody needs of them, and has the loop's thread never wait long for another.

    before_openssl: called right before OpenSSL loads, if it ever does.
    """
    import sys

    from perry_ffi.interpreter.classes import put_off_classes
    from perry_ffi.interpreter.compiling import use_stored
    from perry_ffi.interpreter.core import take_core_alone
    from perry_ffi.interpreter.late import put_off_helpers

    settle_lightly(before_openssl)
    put_off_helpers()
    # The loop gets its turn soon, too, while a thread computes (signatures are checked in one): Python's own 5 ms are long.
    sys.setswitchinterval(0.00025)
    use_stored()
    put_off_classes()
    # asyncio looks into ssl with every call on a socket where it has it: unix sockets carry no TLS, and net/ has its own.
    late = sys.modules.get("ssl")
    sys.modules["ssl"] = None  # type: ignore[assignment]
    import asyncio  # noqa: F401

    del sys.modules["ssl"]
    if late is not None:
        sys.modules["ssl"] = late
    take_core_alone()


def started() -> None:
    """Garbage is collected as a process wants it that lives on. To be called a while after ``settle_in``, when the loop has time."""
    import gc

    gc.set_threshold(STARTED, 20, 20)
