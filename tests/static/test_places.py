"""Parts are made once, and again when what they are made from is another; what is fetched is what is pinned."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts.static import toolchain
from scripts.static.debian import verify
from scripts.static.places import LOCK, Part, cache, program_text
from scripts.static.tools import requirements


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERRY_STATIC_CACHE", str(tmp_path / "cache"))


def part(made: list[str], *texts: str, fails: bool = False) -> Part:
    def recipe(folder: Path) -> None:
        made.append(folder.name)
        (folder / "half").touch()
        if fails:
            raise OSError("no space is left")
        (folder / "whole").touch()

    return Part("thing", recipe, texts)


def test_a_part_is_made_once() -> None:
    made: list[str] = []
    first, second = part(made, "a").folder(), part(made, "a").folder()
    assert first == second and (first / "whole").exists() and len(made) == 1
    assert part(made, "b").folder() != first and len(made) == 2


def test_one_that_fails_is_not_there() -> None:
    made: list[str] = []
    with pytest.raises(OSError):
        part(made, fails=True).folder()
    again = part(made).folder()
    assert (again / "whole").exists() and len(made) == 2
    assert [path.name for path in cache().glob("thing-*")] == [again.name]


def test_comments_and_layout_make_no_other_part(tmp_path: Path) -> None:
    plain, commented, other = tmp_path / "a.py", tmp_path / "b.py", tmp_path / "c.py"
    plain.write_text("x = f(1, 2)\n")
    commented.write_text("# why\nx = f(\n    1,\n    2,\n)\n")
    other.write_text("x = f(1, 3)\n")
    assert program_text(plain) == program_text(commented) != program_text(other)


def test_another_content_ends_the_build(tmp_path: Path) -> None:
    file = tmp_path / "thing.tar.xz"
    file.write_bytes(b"abc")
    verify(file, ["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"])
    with pytest.raises(SystemExit, match="another content than"):
        verify(file, ["0" * 64])


def test_everything_is_pinned_by_its_hash() -> None:
    for row in LOCK["debian"].values():
        assert row["version"] and any(name.endswith(".dsc") for name in row["files"])
        assert {len(sha256) for sha256 in row["files"].values()} == {64}
    for kind in ("sdists", "wheels", "tools"):
        for name, row in LOCK[kind].items():
            assert row["sha256"] and {len(sha256) for sha256 in row["sha256"]} == {64}, name
    assert (
        requirements("sdists", "cffi")
        == f"cffi=={LOCK['sdists']['cffi']['version']} --hash=sha256:{LOCK['sdists']['cffi']['sha256'][0]}\n"
    )
    assert json.dumps(LOCK, indent=2) + "\n" == (Path(__file__).parents[2] / "scripts/static/lock.json").read_text()


def test_the_pinned_packages_are_ones_that_the_library_takes() -> None:
    """What is linked satisfies what pyproject.toml asks for, and nothing that it asks for is missing."""
    import tomllib

    from packaging.requirements import Requirement

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    pinned = {name.lower().replace("_", "-"): row["version"] for kind in ("wheels", "sdists") for name, row in LOCK[kind].items()}
    # Of pydantic its core is linked; 2.33 is the one of the oldest pydantic that is taken.
    assert "pydantic>=2.11" in project["dependencies"]
    for text in [*project["dependencies"], "pydantic-core>=2.33"]:
        wanted = Requirement(text)
        if wanted.name == "pydantic":
            continue
        assert pinned[wanted.name.lower()] in wanted.specifier, text


def test_each_checkout_has_compilers_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They share the cache, and a compiler forgets the place of one checkout."""
    monkeypatch.setattr(toolchain, "_zig", lambda: Path("/bin/echo"))
    with ThreadPoolExecutor(4) as workers:
        [first] = set(workers.map(lambda _: toolchain.programs(), range(8)))
    monkeypatch.setattr(toolchain, "ROOT", tmp_path / "other")
    second = toolchain.programs()
    assert first != second
    said = [subprocess.run([folder / "perry-cc", "-c"], capture_output=True, text=True).stdout for folder in (first, second)]
    assert f"-ffile-prefix-map={tmp_path / 'other'}=." not in said[0] and f"-ffile-prefix-map={tmp_path / 'other'}=." in said[1]
