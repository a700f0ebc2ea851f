"""Which name what is copied gets, on either side."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from perry_ffi.backends.contract.interaction import Found
from perry_ffi.backends.fake import FakeBackend
from perry_ffi.errors import ContainerError, NotFound
from perry_ffi.service import copying
from perry_ffi.service.pack import packed

pytestmark = pytest.mark.anyio


class Paths(FakeBackend):
    """An engine that knows what is at some paths."""

    rows: dict[str, Found]

    async def path_in_container(self, ident: str, path: str) -> Found:
        if path not in self.rows:
            raise NotFound(f"no such path: {path}", subject=path)
        return self.rows[path]


@pytest.fixture
def paths() -> Paths:
    found = Paths()
    kinds = {"/": "directory", "/d": "directory", "/f": "file"}
    found.rows = {path: Found(path, kind) for path, kind in kinds.items()}  # type: ignore[arg-type]
    found.rows |= {"/l": Found("l", "link", "d"), "/abs": Found("abs", "link", "/d"), "/lf": Found("lf", "link", "f")}
    found.rows |= {"/loop": Found("loop", "link", "/loop"), "/dead": Found("dead", "link", "/none")}
    return found


@pytest.mark.parametrize(
    ("path", "source", "is_folder", "contents", "expected"),
    [
        ("/d", "x/tree", True, False, ("/d", "tree")),
        ("/d", "x/tree/.", True, True, ("/d", None)),
        ("d", "tree/", True, False, ("/d", "tree")),
        ("/l", "file", False, False, ("/d", "file")),
        ("/abs/", "file", False, False, ("/d", "file")),
        ("/f", "file", False, False, ("/", "f")),
        ("/lf", "file", False, False, ("/", "f")),
        ("/d/new", "tree", True, False, ("/d", "new")),
        ("/d/new/", "tree/.", True, True, ("/d", "new")),
        ("/d/new", "file", False, False, ("/d", "new")),
        ("/dead", "file", False, False, ("/", "dead")),
        ("/", "/", True, False, ("/", None)),
    ],
)
async def test_the_name_in_the_container(
    paths: Paths, path: str, source: str, is_folder: bool, contents: bool, expected: tuple[str, str | None]
) -> None:
    assert await copying._place_inside(paths, "c", path, source, is_folder=is_folder, contents=contents) == expected


@pytest.mark.parametrize(("path", "is_folder"), [("/f", True), ("/f/", False), ("/d/none/", False), ("/loop", False)])
async def test_what_has_no_place_there(paths: Paths, path: str, is_folder: bool) -> None:
    with pytest.raises(ContainerError):
        await copying._place_inside(paths, "c", path, "s", is_folder=is_folder, contents=False)


def test_the_name_here(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "f").touch()
    (tmp_path / "l").symlink_to("f")
    at = str(tmp_path)
    assert copying._place_here(f"{at}/d", "/x/y", is_folder=True) == (f"{at}/d", "y")
    assert copying._place_here(f"{at}/d", "/x/y/.", is_folder=True) == (f"{at}/d", None)
    assert copying._place_here(f"{at}/d", "/", is_folder=True) == (f"{at}/d", None)
    assert copying._place_here(f"{at}/new", "/x/y", is_folder=True) == (at, "new")
    assert copying._place_here(f"{at}/new/", "/x/y", is_folder=True) == (at, "new")
    assert copying._place_here(f"{at}/l", "/x/y", is_folder=False) == (at, "f")
    for target, is_folder in (("f", True), ("f/", False), ("new/", False), ("no/new", False)):
        with pytest.raises(ContainerError):
            copying._place_here(f"{at}/{target}", "/x/y", is_folder=is_folder)


def test_the_source_here(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "l").symlink_to("d")
    at = str(tmp_path)
    assert copying._source(f"{at}/d", follow=False) == (f"{at}/d", False)
    assert copying._source(f"{at}/d/.", follow=False) == (f"{at}/d", True)
    assert copying._source(f"{at}/l", follow=False) == (f"{at}/l", False)
    assert copying._source(f"{at}/l", follow=True) == (f"{at}/d", False)
    (tmp_path / "f").touch()
    for source in ("none", "f/", "f/."):
        with pytest.raises(ContainerError):
            copying._source(f"{at}/{source}", follow=False)


async def test_files_are_packed_while_they_are_read(tmp_path: Path) -> None:
    (tmp_path / "d/e").mkdir(parents=True)
    (tmp_path / "d/f").write_bytes(os.urandom(3_000_000))
    (tmp_path / "d/l").symlink_to("f")
    data = b"".join([piece async for piece in packed(str(tmp_path / "d"), "named")])
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getnames() == ["named", "named/e", "named/f", "named/l"]
        file = tar.extractfile("named/f")
        assert file is not None and file.read() == (tmp_path / "d/f").read_bytes()
        assert {member.uname for member in tar.getmembers()} == {""}
    contents = b"".join([piece async for piece in packed(str(tmp_path / "d"), None)])
    with tarfile.open(fileobj=io.BytesIO(contents)) as tar:
        assert tar.getnames() == ["e", "f", "l"]


async def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ContainerError, match="cannot be read"):
        [piece async for piece in packed(str(tmp_path / "none"), "x")]


async def test_nobody_reads_on(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(8_000_000))
    pieces = packed(str(tmp_path / "f"), "f")
    async for _ in pieces:
        break
    await pieces.aclose()  # type: ignore[attr-defined]
