"""A dlopen of the static form is cheap, though it has Python in it; and it takes no more memory than the form on disk."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.static.tools import python
from tests.support import library as lib

pytestmark = pytest.mark.abi

ROUNDS = 15
REJECTED = 2


@pytest.fixture(scope="module")
def opening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("opening") / "opening"
    return lib.compile_program(Path(__file__).parent / "c/opening.c", target, linked=None)


def opened(program: Path, library: Path) -> dict[str, int]:
    """The least of each number over some runs."""
    rows = [json.loads(lib.run([program, library], lib.clean_environment()).out) for _ in range(ROUNDS)]
    return {name: min(row[name] for row in rows) for name in rows[0]}


def test_a_dlopen_takes_less_than_a_millisecond(static_library: Path, opening: Path) -> None:
    seen = opened(opening, static_library)
    assert seen["state"] == REJECTED
    if seen["nanoseconds"] < 0:
        pytest.skip("the kernel counts nothing for this user: kernel.perf_event_paranoid")
    assert seen["nanoseconds"] < 1_000_000, seen
    assert seen["faults"] < 150, seen


def test_its_memory_is_that_of_the_form_on_disk(static_library: Path, opening: Path) -> None:
    static, disk = opened(opening, static_library), opened(opening, lib.ROOT / "build" / lib.NAME)
    assert static["opened"] - static["before"] < disk["opened"] - disk["before"], (static, disk)
    assert static["answered"] < disk["answered"] * 1.05, (static, disk)


def relocations(library: Path, body: str) -> Any:
    """What ``body`` prints, in which ``late`` is the module and ``elf`` the library, read by pyelftools."""
    imports = "import json\nfrom elftools.elf.elffile import ELFFile\nfrom scripts.static import late\n"
    code = f"{imports}elf = ELFFile(open({str(library)!r}, 'rb'))\n{body}"
    done = subprocess.run([str(python()), "-B", "-c", code], cwd=lib.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_loader_has_little_to_do(static_library: Path) -> None:
    """Most relocations wait; none of them is for what the border uses before Python starts."""
    body = """
tags = {int(tag.entry.d_tag) if isinstance(tag.entry.d_tag, int) else tag.entry.d_tag: tag.entry.d_val
        for tag in elf.get_section_by_name(".dynamic").iter_tags()}
section = elf.get_section_by_name(".rela.dyn")
entries = [section.data()[at:][:late.ENTRY.size] for at in range(0, section["sh_size"], late.ENTRY.size)]
early = tags["DT_RELASZ"] // late.ENTRY.size
border = [elf.get_section_by_name(name) for name in (*late.EARLY.values(), ".init_array")]
kept = [range(one["sh_addr"], one["sh_addr"] + one["sh_size"]) for one in border]
offsets = [late.ENTRY.unpack(entry)[:2] for entry in entries[early:]]
print(json.dumps([early, len(offsets), tags[late.DT_PERRY_LATE] & 0xFFFFFFFF, sorted({info for _, info in offsets}),
                  sum(offset in place for offset, _ in offsets for place in kept), tags["DT_INIT_ARRAYSZ"] // 8]))
"""
    early, waiting, told, kinds, wrong, called = relocations(static_library, body)
    assert 0 < early < 5_000 < waiting == told
    assert (kinds, wrong, called) == ([8], 0, 3)


def test_which_ones_wait(static_library: Path) -> None:
    body = """
pack = late.ENTRY.pack
entries = [pack(100, 8, 1), pack(200, 8, 2), pack(104, (7 << 32) | 6, 0), pack(50, 8, 3)]
print(json.dumps([[late.ENTRY.unpack(entry) for entry in found] for found in late.split(entries, [range(100, 108), range(40, 60)])]))
"""
    early, waiting = relocations(static_library, body)
    assert early == [[200, 8, 2], [104, (7 << 32) | 6, 0]]
    assert waiting == [[100, 8, 1], [50, 8, 3]]


def test_nothing_of_the_border_waits(static_library: Path) -> None:
    """Not even the constants that a compiler makes of initial values, which no source names."""
    objects = [*(lib.ROOT / "build/static/objects/objects").glob("*.o")]
    if not objects:
        pytest.skip("the objects of make static are not there")
    readelf = lib.need_tool("readelf", "apt-get install binutils")
    of_python = ("objects-", "carried_")
    for path in objects:
        shown = subprocess.run([readelf, "-SW", path], capture_output=True, text=True, check=True).stdout
        assert path.name.startswith(of_python) or ".rela.data" not in shown, path.name
