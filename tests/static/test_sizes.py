"""The sizes that the README tells: every byte of the file is in one part."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.ship import sizes
from scripts.ship.launcher import STATIC
from tests.support.library import ROOT

MAP = """\
             VMA              LMA     Size Align Out     In      Symbol
             270              270     37e0     8 .dynsym
          1a8000           1a8000   10   16         /cache/cpython-1/lib/libpython3.13.a(abstract.o):(.rodata.x)
          1a8000           1a8000   20   16         /cache/openssl-1/lib/libcrypto.a(aes.o):(.text.a)
          1a8000           1a8000   20   16                 a_symbol
          1a8000           1a8000   30   16         /b/objects/objects-carried_bytes.o:(.rodata.perry_carried_bytes)
          1a8000           1a8000  100   16         /b/objects/thread-serving.o:(.bss.x)
          1a8000           1a8000    4   16         /b/objects/thread-serving.o:(.text.x)
          1a8000           1a8000  100   16         <internal>:(.eh_frame)
"""
ROWS = """\
    {"perry_ffi", 0, 5, 1},
    {"perry_ffi.api", 0, 5, 1},
    {"perry_ffi/interpreter/start.tables", 5, 7, 2},
    {"pydantic_core", 12, 11, 0},
    {"h2.stream", 12, 13, 0},
    {"hashlib", 12, 17, 0},
    {"asyncio.events", 12, 1, 0},
"""


def test_pieces_are_counted_by_where_they_are_from() -> None:
    assert sizes.of_map(MAP) == {"Python's code": 16, "OpenSSL": 32, "carried": 48, sizes.BORDER: 4}


def test_modules_are_counted_by_their_package() -> None:
    assert sizes.of_carried(ROWS) == {
        "modules of the library's own": 10,
        "tables of the start": 7,
        "modules of the other packages": 24,
        sizes.STANDARD: 18,
    }


def test_a_table_takes_its_place() -> None:
    text = f"a\n{sizes.BEGIN}\nold\n{sizes.END}\nb\n"
    assert sizes.written(text, "new\n") == f"a\n{sizes.BEGIN}\nnew\n{sizes.END}\nb\n"
    with pytest.raises(ValueError):
        sizes.written("nothing", "new\n")


def test_the_parts_of_the_file_make_its_size(static_library: Path) -> None:
    if static_library != STATIC or not (STATIC.parent / "objects/carried_rows.c").exists():
        pytest.skip("what it was linked of is not there")
    found = sizes.parts(static_library)
    assert found.total() == static_library.stat().st_size
    assert set(found) == {*sizes.OF_OBJECTS.values(), *sizes.OF_MODULES.values(), sizes.STANDARD, sizes.BORDER, sizes.REST}
    assert all(size > 0 for size in found.values()) and found[sizes.REST] < 0.2 * found.total()


def test_the_readme_tells_them() -> None:
    text = (ROOT / "README.md").read_text().split(sizes.BEGIN)[1].split(sizes.END)[0]
    for name in (*sizes.OF_OBJECTS.values(), *sizes.OF_MODULES.values(), sizes.STANDARD, sizes.BORDER, sizes.REST):
        assert f"| – {name} |" in text
    assert "manylinux_2_17_x86_64.whl" in text and ".tgz" in text and "libperry-container0" in text
