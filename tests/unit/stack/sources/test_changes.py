"""Which files change: by the kernel's word, and by looking."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from perry_ffi.stack.sources import changes
from perry_ffi.stack.sources.changes import Changes

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["events", "looks"])
async def watched(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Changes]:
    """A folder with a file, a folder, and one that nobody wants to hear of."""
    if request.param == "looks":

        def none() -> None:
            raise OSError("nothing is told")

        monkeypatch.setattr(changes, "Kernel", none)
        monkeypatch.setattr(changes, "SCAN_SECONDS", 0.05)
    (tmp_path / "sub").mkdir()
    (tmp_path / "skipped").mkdir()
    (tmp_path / "a").write_text("1")
    found = Changes([str(tmp_path)], lambda path: path.endswith("/skipped"))
    assert await found.open() == {str(tmp_path / "a")}
    assert found.by_events == (request.param == "events")
    yield found
    found.close()


async def told(found: Changes, root: Path) -> set[str]:
    return {os.path.relpath(path, root) for path in await asyncio.wait_for(found.next(), 10)}


async def test_files_that_are_written_made_and_removed(watched: Changes, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("22")
    (tmp_path / "sub/b").write_text("1")
    assert await told(watched, tmp_path) == {"a", "sub/b"}
    (tmp_path / "a").unlink()
    os.rename(tmp_path / "sub/b", tmp_path / "c")
    assert await told(watched, tmp_path) == {"a", "sub/b", "c"}
    os.chmod(tmp_path / "c", 0o700)
    assert await told(watched, tmp_path) == {"c"}


async def test_folders_that_come_and_go(watched: Changes, tmp_path: Path) -> None:
    (tmp_path / "new/deep").mkdir(parents=True)
    (tmp_path / "new/deep/x").write_text("1")
    assert await told(watched, tmp_path) == {"new/deep/x"}
    (tmp_path / "new/deep/x").write_text("22")
    assert await told(watched, tmp_path) == {"new/deep/x"}
    shutil.rmtree(tmp_path / "new")
    assert "new/deep/x" in await told(watched, tmp_path)


async def test_what_is_skipped_is_not_told(watched: Changes, tmp_path: Path) -> None:
    (tmp_path / "skipped/x").write_text("1")
    (tmp_path / "y").write_text("1")
    assert await told(watched, tmp_path) == {"y"}


async def test_many_at_once(watched: Changes, tmp_path: Path) -> None:
    for number in range(3000):
        (tmp_path / f"sub/{number}").write_text("1")
    seen: set[str] = set()
    while len(seen) < 3000:
        seen |= await told(watched, tmp_path)
    assert seen == {f"sub/{number}" for number in range(3000)}
