"""The file of modules: what is found in it is what Python would find, and what has changed is found as ever."""

from __future__ import annotations

import _struct
import importlib
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from perry_ffi.interpreter import modules
from perry_ffi.interpreter.modules import PACKAGE, Stored, read, written

SOURCES = {
    "stored_one": ("stored_one.py", ".py", "def fail():\n    raise ValueError('one')\n"),
    "stored_two": ("stored_two/__init__.py", PACKAGE, "from stored_two import inner\nvalue = inner.value\n"),
    "stored_two.inner": ("stored_two/inner.py", ".py", "value = 2\n"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Of the modules; it is a place of modules, and what was imported of it is forgotten in the end."""
    for place, _, text in SOURCES.values():
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    forget()


def forget() -> None:
    for name in SOURCES:
        sys.modules.pop(name, None)
    importlib.invalidate_caches()


def noted(folder: Path) -> dict[str, tuple[str, str, int, int, CodeType | None]]:
    found: dict[str, tuple[str, str, int, int, CodeType | None]] = {}
    for name, (place, suffix, text) in SOURCES.items():
        path = folder / place
        state = path.stat()
        found[name] = (str(folder), suffix, state.st_mtime_ns, state.st_size, compile(text, str(path), "exec"))
    return found


def stored(folder: Path) -> Stored:
    found = read(written(["a", "b"], noted(folder)), ["a", "b"])
    assert found is not None
    return found


def told(name: str) -> list[Any]:
    """What a module says of itself, but for its loader's kind."""
    module = importlib.import_module(name)
    spec = module.__spec__
    assert spec is not None and spec.loader is module.__loader__
    described = [spec.name, spec.origin, spec.cached, spec.has_location, spec.submodule_search_locations, spec.parent]
    return [
        *described,
        {key: value for key, value in vars(module).items() if key in ("__file__", "__cached__", "__path__", "value")},
    ]


def test_a_module_is_what_it_is_when_python_finds_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = [told(name) for name in SOURCES]
    forget()
    monkeypatch.setattr(sys, "meta_path", [stored(folder), *sys.meta_path])
    assert [told(name) for name in SOURCES] == usual
    assert {type(sys.modules[name].__loader__).__name__ for name in SOURCES} == {"_Loader"}


def test_its_lines_and_files_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [stored(folder), *sys.meta_path])
    with pytest.raises(ValueError, match="one") as caught:
        importlib.import_module("stored_one").fail()
    assert "raise ValueError('one')" in "".join(traceback.format_exception(caught.value))
    loader: Any = importlib.import_module("stored_two").__loader__
    assert loader.get_data(str(folder / "stored_two/inner.py")) == b"value = 2\n"


def test_what_has_changed_or_gone_or_is_not_there_is_not_found(folder: Path) -> None:
    found = stored(folder)
    inner = folder / "stored_two/inner.py"
    time = inner.stat().st_mtime_ns
    inner.write_text("value = 3\n")
    os.utime(inner, ns=(time + 1, time + 1))  # the same size, another time
    (folder / "stored_one.py").unlink()
    (folder / "stored_two/__init__.py").write_text("value = 33\n")
    os.utime(folder / "stored_two/__init__.py", ns=(noted_time := found._places["stored_two"][2], noted_time))
    assert [found.find_spec(name) for name in (*SOURCES, "stored_three")] == [None] * 4
    os.utime(inner, ns=(time, time))
    assert found.find_spec("stored_two.inner") is not None


def test_a_module_in_machine_code_is_loaded_from_its_file() -> None:
    state = os.stat(_struct.__file__)
    folder, _, file = _struct.__file__.rpartition("/")
    place = (folder, file.removeprefix("_struct"), state.st_mtime_ns, state.st_size, None)
    found = read(written([], {"_struct": place}), [])
    assert found is not None
    spec = found.find_spec("_struct")
    assert spec is not None and spec.loader is not None and (spec.origin, spec.cached) == (_struct.__file__, None)
    assert type(spec.loader).__name__ == "ExtensionFileLoader"


def test_the_file_of_another_path_or_another_python_or_a_damaged_one_is_none(folder: Path) -> None:
    data = written(["a"], noted(folder))
    end = data.index(b"\n")
    assert read(data, ["a"]) is not None
    for path, bad in [
        (["b"], data),
        (["a", "b"], data),
        (["a"], data[:-1]),
        (["a"], data + b"."),
        (["a"], data[: end + 5]),
        (["a"], b""),
        (["a"], b"x" + data),
        (["a"], data[: end + 40] + b"?" + data[end + 41 :]),
    ]:
        assert read(bad, path) is None


def test_where_there_is_none_python_finds_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    before = list(sys.meta_path)
    monkeypatch.setattr(modules, "NAME", "no such file")
    modules.find_stored()
    assert sys.meta_path == before
