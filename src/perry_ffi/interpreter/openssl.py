"""OpenSSL stays out of an interpreter of the library's own until TLS is asked for: most processes speak over a local socket alone.

``ssl`` is there from the start, for modules name it that may never use it; the first look into it loads it. Digests are Python's
own code until then, where it was built with them.
"""

from __future__ import annotations

import sys

from perry_ffi.interpreter.finding import spec_of
from perry_ffi.interpreter.late import UNKNOWN, asked_by, put_off

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_SHA256 = "_sha2" if sys.version_info >= (3, 12) else "_sha256"
_DIGESTS = ("_md5", "_sha1", "_blake2", "_sha3", _SHA256, *(() if sys.version_info >= (3, 12) else ("_sha512",)))
"""hashlib would complain of each that is missing."""
_CLASS = "SSLContext"
_NAMES_IT = "anyio.streams.tls"
"""Takes the class out of ``ssl`` when it loads, for an annotation that is never evaluated."""


def put_off_openssl(before: Callable[[], object]) -> None:
    """To be called before anybody imports ``ssl`` or ``hashlib``. before: called before OpenSSL loads."""
    spec = spec_of("ssl")
    if spec is None or "ssl" in sys.modules:
        return
    if not all(map(spec_of, _DIGESTS)):
        before()  # for hashlib will load it
    elif not {"hashlib", "_hashlib"} & set(sys.modules):
        sys.modules["_hashlib"] = None  # type: ignore[assignment]
        put_off("hashlib", _digest)
    borrowed: list[dict[str, Any]] = []
    """The namespaces that have a stand-in for the class."""

    def known(name: str) -> object:
        if name != _CLASS or not _only_names_it(names := asked_by()):
            return UNKNOWN
        borrowed.append(names)
        return _Named

    def found_again() -> None:
        before()
        if "_hashlib" in sys.modules and sys.modules["_hashlib"] is None:
            del sys.modules["_hashlib"]

    def given_back(module: Any) -> None:
        for names in borrowed:
            names[_CLASS] = module.SSLContext

    put_off("ssl", known, before=found_again, after=given_back)


def _digest(name: str) -> object:
    """The one that most processes need alone: hashlib loads all."""
    from importlib import import_module

    return import_module(_SHA256).sha256 if name == "sha256" else UNKNOWN


class _Named:
    """Stands for a class that is named and not used, until OpenSSL loads."""


def _only_names_it(names: dict[str, Any]) -> bool:
    return names.get("__name__") == _NAMES_IT and _CLASS not in names
