"""Modules that load at the first look into them: others name them, and most processes never use them."""

from __future__ import annotations

import sys
from _thread import RLock
from types import CoroutineType, FunctionType, MethodType, ModuleType

from perry_ffi.interpreter.finding import spec_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_COROUTINE = 0x80
"""The flag of the code of a function that is declared with ``async``."""
UNKNOWN = object()
"""What has no value before the module is loaded."""


def put_off(
    name: str, known: Callable[[str], object], *, before: Callable[[], object] = bool, after: Callable[[Any], object] = bool
) -> None:
    """To be called before anybody imports the module; where somebody has, or it is not there, nothing is changed.

    known: a member's value that is told without loading the module, or UNKNOWN. It may ask for ``asked_by``. before: called before
    the module loads. after: called with it when it has.
    """
    spec = spec_of(name)
    if spec is None or name in sys.modules:
        return
    from _frozen_importlib import module_from_spec

    module = module_from_spec(spec)
    _make_late(module, _Loading(known, before, after))
    sys.modules[name] = module


def asked_by() -> dict[str, Any]:
    """The names of the module that looks for a member. To be called by ``known``."""
    return sys._getframe(3).f_globals


def put_off_helpers() -> None:
    """What asyncio, anyio and ``dataclasses`` name, and need for what is rare: to be called before these are imported."""
    for name, members in _HELPERS.items():
        put_off(name, lambda member, members=members: members.get(member, UNKNOWN))  # type: ignore[misc]
    import _ast

    put_off("ast", lambda member: getattr(_ast, member, UNKNOWN))
    sys.meta_path.insert(0, _Parts(_PARTS))


class _Parts:
    """Finds the modules of packages that are put off, where the other finders do: the package has to be there before."""

    def __init__(self, parts: Mapping[str, Mapping[str, object]]) -> None:
        self._parts = dict(parts)

    def find_spec(self, name: str, path: Any = None, target: object = None) -> Any:
        members = self._parts.pop(name, None)
        if members is None:
            return None
        spec: Any = spec_of(name, path)
        if spec is not None:
            spec.loader = _LateLoader(spec.loader, lambda member: members.get(member, UNKNOWN))
        return spec


class _LateLoader:
    """Loads nothing before the first look into the module; then loader does."""

    def __init__(self, loader: Any, known: Callable[[str], object]) -> None:
        self._loader, self._known = loader, known

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = module.__loader__ = self._loader
        _make_late(module, _Loading(self._known, bool, bool))


class _Loading:
    def __init__(self, known: Callable[[str], object], before: Callable[[], object], after: Callable[[Any], object]) -> None:
        self.known, self._before, self._after = known, before, after
        self._lock, self._begun = RLock(), False

    def once(self, module: Any) -> None:
        """Returns once the module is loaded. Called by the thread that loads it, for the module looks into itself, at once."""
        with self._lock:
            if self._begun:
                return
            self._begun = True
            try:
                self._before()
                module.__spec__.loader.exec_module(module)
            except BaseException:
                self._begun = False
                raise
            module.__class__ = ModuleType
            self._after(module)


_LOADING = "_loading"
_AT_ONCE = ("__spec__", "__loader__", "__name__", "__package__", "__path__", "__file__", "__cached__", "__class__", _LOADING)
"""What the import system gives a module and asks of it, and what this module does."""


def _make_late(module: Any, loading: _Loading) -> None:
    object.__setattr__(module, _LOADING, loading)
    module.__class__ = _Late


class _Late(ModuleType):
    """A module before it is loaded. In place: whoever has the module then has the loaded one."""

    def __getattribute__(self, name: str) -> Any:
        if name not in _AT_ONCE:
            loading = object.__getattribute__(self, _LOADING)
            found = UNKNOWN if name.startswith("__") else loading.known(name)
            if found is not UNKNOWN:
                return found
            loading.once(self)
        return object.__getattribute__(self, name)


def _inspect() -> Any:
    return _loaded("inspect")


def _loaded(name: str) -> Any:
    """The module, loaded."""
    late = sys.modules[name]
    if isinstance(late, _Late):
        object.__getattribute__(late, _LOADING).once(late)
    return late


def _source(thing: Any) -> str:
    """As ``inspect.getsource``."""
    if type(thing) is not ModuleType:
        found: str = _inspect().getsource(thing)
        return found
    source = getattr(thing.__loader__, "get_source", lambda name: None)(thing.__name__)
    if source is None:
        raise OSError("could not get source code")
    return str(source)


def _is_coroutine_function(thing: Any) -> bool:
    """As ``inspect.iscoroutinefunction``."""
    if type(thing) is MethodType:
        return _is_coroutine_function(thing.__func__)
    if type(thing) is FunctionType:
        return bool(thing.__code__.co_flags & _COROUTINE)
    if not any(hasattr(thing, name) for name in ("__code__", "func", "_is_coroutine_mark")):
        return False  # It is none, stands for none as a partial does, and nobody has marked it.
    return bool(_inspect().iscoroutinefunction(thing))


def _type_variable(name: str, *bounds: Any, default: object = None, **more: Any) -> Any:
    """Without the default, which type checkers alone look at."""
    from typing import TypeVar

    return TypeVar(name, *bounds, **more)


def _extract_stack(frame: Any = None, limit: int | None = None) -> Any:
    """As ``traceback.extract_stack``, which asyncio takes out of the module when it loads."""
    return _loaded("traceback").extract_stack(frame or sys._getframe(1), limit)


def _itself(value: Any) -> Any:
    return value


_HELPERS: Mapping[str, Mapping[str, object]] = {
    "inspect": {
        "CORO_RUNNING": "CORO_RUNNING",
        "CORO_SUSPENDED": "CORO_SUSPENDED",
        "getcoroutinestate": lambda coroutine: _inspect().getcoroutinestate(coroutine),
        "getsource": _source,
        "iscoroutine": lambda thing: isinstance(thing, CoroutineType),
        "iscoroutinefunction": _is_coroutine_function,
    },
    "linecache": {},
    "subprocess": {"PIPE": -1, "STDOUT": -2, "DEVNULL": -3},
    "traceback": {"extract_stack": _extract_stack},
    "typing_extensions": {
        "TypeVar": _type_variable,
        "override": _itself,
        "deprecated": lambda *_, **__: _itself,
        "sentinel": lambda *_, **__: object(),
    },
}
"""By the name of a module: those of its members that are asked for when others load."""
_SOCKETS = "anyio._core._sockets"
_PARTS: Mapping[str, Mapping[str, object]] = {
    _SOCKETS: {"convert_ipv6_sockaddr": lambda address: _loaded(_SOCKETS).convert_ipv6_sockaddr(address)},
    "asyncio.staggered": {},
}
"""The same of modules in packages: what connects by TCP and TLS."""
