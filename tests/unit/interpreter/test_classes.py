"""Dataclasses that are finished late are what they are when they are finished at once."""

from __future__ import annotations

import copy
import dataclasses
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, InitVar, dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from perry_ffi.interpreter import classes
from tests.unit.interpreter.support import run
from tests.unit.interpreter.test_openssl import OWN

T = TypeVar("T")


@pytest.fixture
def finished(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the classes that were finished, from now on."""
    names: list[str] = []
    at_once: Any = dataclasses.dataclass

    def noting(cls: Any, **options: Any) -> Any:
        names.append(cls.__name__)
        return at_once(cls, **options)

    for name in ("dataclass", "_set_new_attribute"):
        monkeypatch.setattr(dataclasses, name, getattr(dataclasses, name))
    monkeypatch.setattr(dataclasses, "dataclass", noting)
    classes.put_off_classes()
    classes.put_off_classes()
    yield names


def made(dataclass: Any) -> dict[str, Any]:
    """Classes of most kinds that there are."""

    @dataclass
    class Plain:
        """Of the first kind."""

        one: int
        two: list[int] = field(default_factory=list)
        three: str = "c"
        four: ClassVar[int] = 4

    @dataclass(frozen=True, order=True)
    class Frozen:
        one: int
        two: str = field(default="b", repr=False, compare=False)

    @dataclass(frozen=True)
    class Derived(Frozen):
        three: int = 3

    class Bare(Derived):
        """No dataclass itself."""

    @dataclass(kw_only=True, eq=False)
    class Named:
        one: int
        start: InitVar[int] = 5

        def __post_init__(self, start: int) -> None:
            self.two = self.one + start

        def __repr__(self) -> str:
            return f"named {self.two}"

    class Abstract(ABC):
        @abstractmethod
        def value(self) -> int: ...

    @dataclass(frozen=True)
    class Concrete(Abstract, Generic[T]):
        one: T

        def value(self) -> int:
            return 7

    @dataclass
    class Unmade(Abstract):
        one: int

    @dataclass(slots=True)
    class Slotted:
        one: int

    @dataclass(init=False)
    class Own:
        one: int

        def __init__(self) -> None:
            self.one = 9

    return {name: kind for name, kind in locals().items() if isinstance(kind, type)}


def refused(call: Callable[[], object]) -> str:
    with pytest.raises((TypeError, AttributeError, FrozenInstanceError)) as caught:
        call()
    return f"{type(caught.value).__name__}: {caught.value}"


def seen(kinds: dict[str, Any]) -> list[Any]:
    plain, frozen, derived, bare = (kinds[name] for name in ("Plain", "Frozen", "Derived", "Bare"))
    bared = bare(1, "x", 2)
    match frozen(5):
        case plain():
            matched: Any = "plain"
        case frozen(one, two):
            matched = one, two
    return [
        [plain(1), plain(1).two is plain(1).two, plain(1) == plain(1, [], "c"), plain(1) != frozen(1), plain.__hash__],
        [frozen(1), frozen(1) < frozen(2), hash(frozen(1)) == hash(frozen(1, "z")), {frozen(1): 2}[frozen(1, "y")]],
        [bared, bared == bare(1, "y", 2), bared == derived(1, "x", 2), dataclasses.asdict(bared), copy.copy(bared)],
        [dataclasses.replace(frozen(1), one=3), matched, kinds["Named"](one=1), kinds["Named"](one=1, start=1)],
        [kinds["Concrete"](3), kinds["Concrete"][int]("a").value(), kinds["Slotted"](1), kinds["Own"]().one],
        [refused(lambda: setattr(frozen(1), "one", 2)), refused(lambda: kinds["Unmade"](1)), refused(lambda: kinds["Slotted"]())],
        [refused(lambda: plain()), refused(lambda: kinds["Named"](1)), refused(lambda: derived(1, four=2))],
        [[(row.name, row.type, row.repr, row.kw_only) for row in dataclasses.fields(kind)] for kind in (plain, derived, bare)],
        [[kind.__init__.__qualname__, kind.__init__.__annotations__, kind.__match_args__] for kind in (plain, derived)],
    ]


def test_what_is_finished_late_is_the_same(finished: list[str]) -> None:
    usual = repr(seen(made(dataclass)))
    late = made(dataclasses.dataclass)
    assert finished == ["Slotted", "Own"]
    assert repr(seen(late)) == usual
    assert sorted(finished) == ["Concrete", "Derived", "Frozen", "Named", "Own", "Plain", "Slotted"]


@pytest.mark.parametrize(
    "look", [dataclasses.fields, lambda kind: kind(1), dataclasses.is_dataclass, lambda kind: kind.__dataclass_fields__]
)
def test_any_look_finishes_it_and_what_it_derives_from(finished: list[str], look: Callable[[Any], object]) -> None:
    kinds = made(dataclasses.dataclass)
    finished.clear()
    look(kinds["Bare"])
    look(kinds["Bare"])
    assert finished == ["Derived", "Frozen"]
    assert type(kinds["Bare"].__dict__.get("__init__")) is type(None) and kinds["Derived"].__doc__


def test_a_class_that_cannot_be_is_told_each_time(finished: list[str]) -> None:
    @dataclasses.dataclass
    class Wrong:
        one: list[int] = []  # noqa: RUF008

    for _ in range(2):
        with pytest.raises(ValueError, match="mutable default"):
            Wrong()
    assert finished == ["Wrong", "Wrong"]


def test_threads_that_come_at_once_find_it_whole(finished: list[str]) -> None:
    for _ in range(20):

        @dataclasses.dataclass(frozen=True)
        class Shared:
            one: int = 1

        begin, found = threading.Barrier(4), []

        def work(kind: Any = Shared, begin: threading.Barrier = begin, found: list[Any] = found) -> None:
            begin.wait()
            found.append((kind() == kind(), hash(kind()) == hash(kind()), repr(kind()).endswith("Shared(one=1)")))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [(True, True, True)] * 4
    assert finished == ["Shared"] * 20


def test_every_dataclass_of_the_package_can_be_finished() -> None:
    """What the decorator would refuse is refused late in an interpreter of the library's own: here it is asked of all."""
    code = """
import dataclasses, pkgutil, perry_ffi
from importlib import import_module
late = []
for found in pkgutil.walk_packages(perry_ffi.__path__, "perry_ffi."):
    if found.name.endswith((".__main__", ".carried")):
        continue
    for kind in vars(import_module(found.name)).values():
        if isinstance(kind, type) and type(vars(kind).get("__dataclass_fields__")).__name__ == "_Unfinished":
            late.append(kind)
print(len(late) > 100, all(dataclasses.fields(kind) is not None for kind in late))
"""
    assert run(OWN + code) == "True True\n"
