from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import ContainerError
from perry_ffi.service.unpack import unpack

Row = tuple[str, bytes, dict[str, Any]]


def tar(*rows: Row) -> io.BytesIO:
    """A tar file of rows: name, contents, members of the header."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as found:
        for name, text, members in rows:
            row = tarfile.TarInfo(name)
            row.size, row.mode, row.mtime = len(text), 0o644, 1_000_000_000
            for key, value in members.items():
                setattr(row, key, value)
            found.addfile(row, io.BytesIO(text))
    return io.BytesIO(file.getvalue())


def folder(name: str, **members: Any) -> Row:
    return name, b"", {"type": tarfile.DIRTYPE, "mode": 0o755, **members}


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> Row:
    return name, b"", {"type": kind, "linkname": target}


def names(at: Path) -> list[str]:
    return sorted(path.relative_to(at).as_posix() for path in at.rglob("*"))


def test_a_tree_gets_its_name(tmp_path: Path) -> None:
    rows = (
        folder("d", mode=0o555),
        ("d/f", b"text", {"mode": 0o640}),
        folder("d/e"),
        link("d/l", "f"),
        link("d/h", "d/f", tarfile.LNKTYPE),
    )
    assert unpack(tar(*rows), str(tmp_path), "named") == []
    assert names(tmp_path) == ["named", "named/e", "named/f", "named/h", "named/l"]
    at = tmp_path / "named"
    assert (at / "f").read_bytes() == b"text" and stat.S_IMODE((at / "f").stat().st_mode) == 0o640
    assert os.readlink(at / "l") == "f" and (at / "h").samefile(at / "f")
    assert stat.S_IMODE(at.stat().st_mode) == 0o555 and (at / "f").stat().st_mtime == 1_000_000_000
    at.chmod(0o755)


def test_contents_alone(tmp_path: Path) -> None:
    unpack(tar(folder("d"), ("d/f", b"", {}), folder("d/e")), str(tmp_path), None)
    assert names(tmp_path) == ["e", "f"]
    unpack(tar(folder("./"), ("./g", b"", {}), ("h", b"", {})), str(tmp_path), None)
    assert names(tmp_path) == ["e", "f", "g", "h"]


def test_what_is_there_is_replaced_by_its_kind_only(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    unpack(tar(("f", b"new", {})), str(tmp_path), "f")
    assert (tmp_path / "f").read_text() == "new"
    (tmp_path / "d").mkdir()
    with pytest.raises(ContainerError, match="it is there as a directory"):
        unpack(tar(("d", b"", {})), str(tmp_path), "d")
    with pytest.raises(ContainerError, match="no directory"):
        unpack(tar(folder("f")), str(tmp_path), "f")


@pytest.mark.parametrize(
    "rows",
    [
        [folder("d"), ("d/../../out", b"x", {})],
        [folder("d"), ("/etc/out", b"x", {})],
        [folder("d"), ("../out", b"x", {})],
        [folder("d"), link("d/l", "OUT"), ("d/l/out", b"x", {})],
        [folder("d"), link("d/l", ".."), ("d/l/../out", b"x", {})],
        [folder("d"), link("d/l", "OUT"), folder("d/l"), ("d/l/out", b"x", {})],
        [folder("d"), link("d/h", "../secret", tarfile.LNKTYPE)],
        [folder("d"), link("d/h", "OUT/secret", tarfile.LNKTYPE)],
        [folder("d"), link("d/l", "OUT"), link("d/h", "d/l/secret", tarfile.LNKTYPE)],
        [link("d", "OUT"), ("d/out", b"x", {})],
        [folder("d"), folder("d/x/../../y")],
    ],
)
def test_nothing_gets_outside(tmp_path: Path, rows: Sequence[Row]) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "secret").write_text("secret")
    found = [(n, t, {k: str(v).replace("OUT", str(outside)) if k == "linkname" else v for k, v in m.items()}) for n, t, m in rows]
    with pytest.raises(ContainerError):
        unpack(tar(*found), str(inside), "d")
    assert names(outside) == ["secret"] and (outside / "secret").read_text() == "secret"
    assert (outside / "secret").stat().st_nlink == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside", "outside"]


def test_a_link_that_is_there_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    at = tmp_path / "at"
    at.mkdir()
    (at / "f").symlink_to(tmp_path / "secret")
    unpack(tar(("f", b"new", {})), str(at), "f")
    assert (tmp_path / "secret").read_text() == "secret" and not (at / "f").is_symlink()


def test_rights_that_others_would_get(tmp_path: Path) -> None:
    unpack(tar(folder("d", mode=0o3777), ("d/s", b"", {"mode": 0o6755, "uid": 12, "gid": 13})), str(tmp_path), "d")
    assert stat.S_IMODE((tmp_path / "d/s").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "d").stat().st_mode) == 0o1777 and (tmp_path / "d/s").stat().st_uid == os.geteuid()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_owners_where_they_are_asked_for(tmp_path: Path) -> None:
    unpack(tar(("s", b"", {"mode": 0o4755, "uid": 12, "gid": 13})), str(tmp_path), "s", owners=True)
    found = (tmp_path / "s").stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (12, 13, 0o4755)


def test_devices_are_left_out(tmp_path: Path) -> None:
    device = ("d/null", b"", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3})
    pipe = ("d/pipe", b"", {"type": tarfile.FIFOTYPE})
    assert unpack(tar(folder("d"), device, pipe), str(tmp_path), "d") == ["d/null"]
    assert names(tmp_path) == ["d", "d/pipe"] and stat.S_ISFIFO((tmp_path / "d/pipe").stat().st_mode)


def test_what_is_no_tar_file(tmp_path: Path) -> None:
    with pytest.raises(ContainerError, match="no tar file"):
        unpack(io.BytesIO(b"x" * 2000), str(tmp_path), "d")
