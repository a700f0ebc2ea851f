"""The carried modules: the same input makes the same bytes, and the finder finds what is in them."""

from __future__ import annotations

import importlib
import importlib.resources
import marshal
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.static.carry import DATA, MODULE, PACKAGE, Entry, marshalled, tables
from scripts.static.lazy_names import with_names
from tests.support.library import ROOT

TEXT = b'def f(a: int, *, word="word") -> str:\n    """Says it."""\n    return f"{a} {word}"\n'


def test_code_is_marshalled_the_same_in_every_process() -> None:
    code = f"import sys; from scripts.static.carry import marshalled; sys.stdout.buffer.write(marshalled({TEXT!r}, 'a/b.py'))"
    busy = "word = 'word'; kept = [word, 'Says it.', 'a', 'f'] * 100; " + code
    seen = {
        subprocess.run(
            [sys.executable, "-c", each], cwd=ROOT, env={"PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for each in (code, busy)
        for seed in ("1", "2")
    }
    assert len(seen) == 1
    assert marshal.loads(seen.pop()).co_filename == "a/b.py"


def test_the_tables_tell_where_each_module_lies() -> None:
    entries = [
        Entry("a", PACKAGE, b"12"),
        Entry("a.b", MODULE, b"345"),
        Entry("a/c.json", DATA, b"6"),
        Entry("warnings", MODULE, b"78"),
    ]
    text = tables(entries, {"_ssl": "PyInit__ssl", "yaml._yaml": "PyInit__yaml"})
    for row in ('{"a", 0, 2, 1},', '{"a.b", 2, 3, 0},', '{"a/c.json", 5, 1, 2},', '{"warnings", 6, 2, 0},'):
        assert row in text
    assert '{"warnings", (const unsigned char *)perry_carried_bytes + 6, 2, 0},' in text
    assert "perry_carried_count = 4;" in text
    assert '{"yaml._yaml", PyInit__yaml},' in text


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The finder, at work in this interpreter on three entries; the C side is played."""
    content = {
        "perry_one": (1, marshalled(b"from perry_one.two import value", "perry_one/__init__.py")),
        "perry_one.two": (0, marshalled(b"value = 42", "perry_one/two.py")),
        "perry_one/data.json": (2, memoryview(b"{}")),
    }
    side = types.ModuleType("_perry_carried")
    side.find = lambda name: content[name][0] if name in content else None  # type: ignore[attr-defined]
    side.load = lambda name: content[name][1] if content[name][0] == DATA else marshal.loads(content[name][1])  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "_perry_carried", side)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.delitem(sys.modules, "perry_ffi.interpreter.carried", raising=False)
    importlib.import_module("perry_ffi.interpreter.carried")
    yield
    for name in ("perry_one", "perry_one.two", "perry_ffi.interpreter.carried"):
        sys.modules.pop(name, None)


def test_modules_and_data_are_found(carried: None) -> None:
    module = importlib.import_module("perry_one")
    assert module.value == 42
    assert module.two.__spec__.parent == "perry_one" and not hasattr(module, "__file__")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("perry_one.three")
    files = importlib.resources.files("perry_one")
    assert files.joinpath("data.json").read_bytes() == b"{}"
    assert files.joinpath("data.json").is_file() and not files.joinpath("other.json").is_file()
    with pytest.raises(FileNotFoundError):
        files.joinpath("other.json").read_bytes()


def test_it_is_asked_before_any_folder(carried: None) -> None:
    assert type(sys.meta_path[0]).__name__ == "Carried"


def test_the_finder_imports_nothing_that_it_would_have_to_find() -> None:
    text = Path(ROOT / "src/perry_ffi/interpreter/carried.py").read_text()
    imported = {line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imported == {"_frozen_importlib", "_perry_carried", "sys"}


def test_what_anyio_reads_of_its_text_is_written_down() -> None:
    import anyio

    file = Path(anyio.__file__).parent / "_lazyimport.py"
    changed: dict[str, Any] = {"__name__": "anyio._lazyimport"}
    exec(compile(with_names(file), "_lazyimport.py", "exec"), changed)
    without_text = types.ModuleType("anyio")
    names, _, modules = changed["_build_lazy_map"](without_text)
    assert names["create_task_group"] == ("._core._tasks", "create_task_group") and "to_thread" in modules
    assert changed["_build_lazy_map"](types.ModuleType("other")) == ({}, {}, [])
