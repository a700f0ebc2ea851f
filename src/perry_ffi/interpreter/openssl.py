"""OpenSSL stays out of an interpreter of the library's own until TLS is asked for: most processes speak over a local socket alone.

``ssl`` is there from the start, for modules name it that may never use it; the first look into it loads it. Digests are Python's
own code until then, where it was built with them.
"""

from __future__ import annotations

import sys
from _thread import RLock
from types import ModuleType

from perry_ffi.interpreter.finding import spec_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_DIGESTS = ("_md5", "_sha1", "_blake2", "_sha3", *(("_sha2",) if sys.version_info >= (3, 12) else ("_sha256", "_sha512")))
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
    from _frozen_importlib import module_from_spec

    module = module_from_spec(spec)
    object.__setattr__(module, _LOADING, _Loading(before))
    module.__class__ = _Late
    sys.modules["ssl"] = module


class _Loading:
    """borrowed: the namespaces that have a stand-in for the class."""

    def __init__(self, before: Callable[[], object]) -> None:
        self._before = before
        self._lock, self._begun = RLock(), False
        self.borrowed: list[dict[str, Any]] = []

    def once(self, module: Any) -> None:
        """Returns once the module is loaded. Called by the thread that loads it, for the module looks into itself, at once."""
        with self._lock:
            if self._begun:
                return
            self._begun = True
            try:
                self._load(module)
            except BaseException:
                self._begun = False
                raise

    def _load(self, module: Any) -> None:
        self._before()
        if "_hashlib" in sys.modules and sys.modules["_hashlib"] is None:
            del sys.modules["_hashlib"]
        module.__spec__.loader.exec_module(module)
        module.__class__ = ModuleType
        for names in self.borrowed:
            names[_CLASS] = module.SSLContext


_LOADING = "_loading"
_AT_ONCE = ("__spec__", "__loader__", "__name__", "__package__", "__path__", "__file__", "__cached__", "__class__", _LOADING)
"""What the import system gives a module and asks of it, and what this module does."""


class _Late(ModuleType):
    """``ssl`` before it is loaded. In place: whoever has the module then has the loaded one."""

    def __getattribute__(self, name: str) -> Any:
        if name not in _AT_ONCE:
            loading = object.__getattribute__(self, _LOADING)
            if name == _CLASS and _only_names_it(names := sys._getframe(1).f_globals):
                loading.borrowed.append(names)
                return _Named
            loading.once(self)
        return object.__getattribute__(self, name)


class _Named:
    """Stands for a class that is named and not used, until OpenSSL loads."""


def _only_names_it(names: dict[str, Any]) -> bool:
    return names.get("__name__") == _NAMES_IT and _CLASS not in names
