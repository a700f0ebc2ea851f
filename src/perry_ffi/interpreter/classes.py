"""Dataclasses that are finished at their first use: a module brings its classes along, and of most that load in a process none is made.

What the decorator adds to a class is seen on its instances, in its fields and in classes derived from it; so it waits for the
first of these. A mistake in a class, which the decorator refuses, is told then, too. Other interpreters see each at once.
"""

from __future__ import annotations

from _thread import RLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_AT_ONCE = {"init": True, "slots": False}
"""What has to be so of the options: a class without the decorator's ``__init__`` has no such first use, one with slots is another class."""
_INIT, _FIELDS = "__init__", "__dataclass_fields__"
_finishing = RLock()


def put_off_classes() -> None:
    """To be called before anybody imports the decorator. Again it does nothing."""
    import dataclasses

    if hasattr(dataclasses.dataclass, "at_once") or not hasattr(dataclasses, "_set_new_attribute"):
        return
    dataclasses.dataclass = _put_off(dataclasses.dataclass)
    dataclasses._set_new_attribute = _set_or_keep(dataclasses._set_new_attribute)


def _put_off(at_once: Any) -> Any:
    """The decorator, by the one that finishes a class."""

    def dataclass(cls: Any = None, /, **options: Any) -> Any:
        if cls is None:
            return lambda cls: dataclass(cls, **options)
        if cls.__doc__ is None:
            cls.__doc__ = cls.__name__  # Else the decorator makes a text of its signature, which takes as long as all the rest.
        if _INIT in vars(cls) or any(options.get(name, usual) is not usual for name, usual in _AT_ONCE.items()):
            return at_once(cls, **options)
        return _Unfinished(cls, lambda: at_once(cls, **options)).cls

    dataclass.at_once = at_once  # type: ignore[attr-defined]
    return dataclass


class _Unfinished:
    """Stands for the fields of a class until they are looked at; the first instance finishes it as well.

    Several threads may come at once: the others wait until the class is whole.
    """

    def __init__(self, cls: Any, finish: Callable[[], object]) -> None:
        self.cls = cls
        self._finish: Callable[[], object] | None = finish
        self._begun = False
        self.init: Any = None
        """What is to become the class's ``__init__`` when all else is there."""

        def __init__(instance: Any, *words: Any, **named: Any) -> None:
            self.finished()
            cls.__init__(instance, *words, **named)

        __init__.unfinished = self  # type: ignore[attr-defined]
        cls.__init__ = __init__
        cls.__dataclass_fields__ = self

    def __get__(self, instance: object, owner: object = None) -> Any:
        fields = vars(self.finished())[_FIELDS]
        if fields is self:
            raise AttributeError(_FIELDS)  # The decorator itself looks, and there are none yet.
        return fields

    def finished(self) -> Any:
        """The class. Raises what the decorator raises."""
        with _finishing:
            if self._finish is not None and not self._begun:
                self._begun = True
                try:
                    self._finish()
                finally:
                    self._begun = False
                self.cls.__init__, self._finish = self.init, None
        return self.cls


def _set_or_keep(usual: Any) -> Any:
    """The decorator's way to add something to a class, which leaves alone what is there."""

    def set_new_attribute(cls: Any, name: str, value: Any) -> Any:
        unfinished = getattr(vars(cls).get(name), "unfinished", None) if name == _INIT else None
        if unfinished is None:
            return usual(cls, name, value)
        value.__qualname__ = f"{cls.__qualname__}.{value.__name__}"
        unfinished.init = value
        return False

    return set_new_attribute
