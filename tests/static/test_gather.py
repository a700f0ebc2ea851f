"""Which modules are carried, and that a module that would be missing at run time is missed when it is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.static.gather import Gathered, Trees, gather, imports, is_absent, unforgivable


def tree(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def gathered(folder: Path, text: str, **more: str) -> Gathered:
    """What a library of one module carries. more: other modules, their dots written as two underscores."""
    known = {f"{name.replace('.', '/')}.py": content for name, content in more.items()}
    asked_for = "collections copy dataclasses decimal enum fractions ipaddress pathlib re uuid"
    packages = ("anyio/_backends", "anyio", "encodings", "perry_ffi", *asked_for.split())
    by_name = {f"{name}/__init__.py": "" for name in packages}
    codecs = "aliases ascii cp437 idna latin_1 punycode raw_unicode_escape unicode_escape utf_16 utf_16_be utf_16_le utf_32 utf_8 utf_8_sig"
    by_name |= {f"encodings/{name}.py": "" for name in codecs.split()} | {
        "anyio/_backends/_asyncio.py": "",
        "_sysconfigdata__linux_x86_64-linux-gnu.py": "",
    }
    place = tree(folder, {**by_name, **known, "perry_ffi/one.py": text})
    return gather(Trees([place], {}), {"sys", "linked.part"})


@pytest.mark.parametrize(
    "text",
    [
        "import other",
        "import other as another",
        "from other import thing",
        "def late():\n    import other",
        "class A:\n    def late(self):\n        from other import thing",
        "try:\n    import other\nexcept ImportError:\n    other = None",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    pass\nelse:\n    import other",
    ],
)
def test_an_import_is_found_wherever_it_stands(tmp_path: Path, text: str) -> None:
    assert "other" in gathered(tmp_path, text, other="", typing="").modules
    assert any("other (imported by perry_ffi.one)" in line for line in unforgivable(gathered(tmp_path / "b", text, typing="")))


def test_what_is_for_type_checkers_is_not_carried(tmp_path: Path) -> None:
    result = gathered(tmp_path, "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import other", typing="")
    assert unforgivable(result) == []


def test_a_package_comes_with_its_parents_and_its_modules_by_name(tmp_path: Path) -> None:
    files = {
        "a.__init__": "",
        "a.b.__init__": "from . import c\nfrom .d import e",
        "a.b.c": "",
        "a.b.d": "",
        "a.b.f": "",
    }
    names = gathered(tmp_path, "import a.b", **files).modules
    assert {"a", "a.b", "a.b.c", "a.b.d"} <= set(names)
    assert "a.b.f" not in names


def test_modules_of_c_are_not_looked_for(tmp_path: Path) -> None:
    assert unforgivable(gathered(tmp_path, "import sys\nfrom linked import part", **{"linked.__init__": ""})) == []


def test_of_our_own_nothing_is_forgiven(tmp_path: Path) -> None:
    """What others may miss, ours may not."""
    assert is_absent("multiprocessing.pool") and not is_absent("multiprocess")
    others = gathered(tmp_path / "a", "import other", other="def late():\n    import multiprocessing.pool")
    assert "multiprocessing.pool" in others.missing and unforgivable(others) == []
    assert unforgivable(gathered(tmp_path / "b", "import multiprocessing.pool")) != []


def test_what_is_always_imported_is_not_forgiven(tmp_path: Path) -> None:
    """A module that cannot be imported without the absent one."""
    for text in ("import multiprocessing.pool", "from multiprocessing import pool"):
        assert unforgivable(gathered(tmp_path, "import other", other=text)) != []
    for guard in ("try:\n    import lzma\nexcept ImportError:\n    pass", "if 0:\n    import lzma"):
        assert unforgivable(gathered(tmp_path, "import other", other=guard)) == []


def test_a_stand_in_is_read_in_place_of_the_file(tmp_path: Path) -> None:
    stand_in = tmp_path / "stand-in.py"
    stand_in.write_text("import sys, found")
    place = tree(tmp_path / "tree", {"perry_ffi/__init__.py": "", "perry_ffi/one.py": "import lost", "found.py": ""})
    trees = Trees([place], {"perry_ffi/one.py": stand_in})
    module = trees.find("perry_ffi.one")
    assert module is not None and module.file == stand_in and module.label == "perry_ffi/one.py"
    assert [found.module for found in imports(module)] == ["sys", "found"]
