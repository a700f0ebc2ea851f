"""Input as tar files."""

from __future__ import annotations

import io
import tarfile

from perry_ffi.sandbox.files import archives, folders


def test_the_outermost_directories() -> None:
    assert folders(["/in/a", "/in/sub/b", "/input/c", "/x/y/z"]) == ["/in", "/input", "/x/y"]
    assert folders([]) == []


def test_nobody_who_runs_owns_them() -> None:
    for uid in (0, 65533, 65534):
        (packed,) = archives({"/in/a": b"one", "/in/sub/deep/b": b"two"}, uid).values()
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            found = {entry.name: entry for entry in tar}
            assert list(found) == ["sub", "sub/deep", "a", "sub/deep/b"], "a directory before what lies in it"
            assert {entry.mode for entry in found.values() if entry.isfile()} == {0o444}
            assert {entry.mode for entry in found.values() if entry.isdir()} == {0o555}
            assert all(entry.uid not in (0, uid) and entry.gid != uid for entry in found.values())
            file = tar.extractfile("sub/deep/b")
            assert file is not None and file.read() == b"two"
