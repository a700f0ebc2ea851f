"""One verb at a time changes a project, whatever process it is in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from perry_ffi.errors import BackendError, Timeout
from perry_ffi.stack.project_lock import project_lock

ROOT = Path(__file__).resolve().parents[3]


anyio_test = pytest.mark.anyio


@anyio_test
async def test_tasks_take_turns_however_many_wait(tmp_path: Path) -> None:
    """More than a pool of threads has, and whoever holds the lock may need the pool."""
    inside = most = 0

    async def one() -> None:
        nonlocal inside, most
        async with project_lock(tmp_path / "l", "e", "p", 30):
            inside += 1
            most = max(most, inside)
            await anyio.to_thread.run_sync(lambda: None)
            inside -= 1

    async with anyio.create_task_group() as group:
        for _ in range(60):
            group.start_soon(one)
    assert most == 1


@anyio_test
async def test_other_projects_and_engines_do_not_wait(tmp_path: Path) -> None:
    async with project_lock(tmp_path / "l", "e", "p", 1), project_lock(tmp_path / "l", "e", "q", 1):
        async with project_lock(tmp_path / "l", "f", "p", 1):
            pass


@anyio_test
async def test_a_wait_that_is_left_gives_the_lock_back(tmp_path: Path) -> None:
    async with project_lock(tmp_path / "l", "e", "p", 1):
        with pytest.raises(Timeout, match="project p: another process has been changing it for 0.05 s"):
            async with project_lock(tmp_path / "l", "e", "p", 0.05):
                raise AssertionError("two hold it")
        with anyio.move_on_after(0.05):
            async with project_lock(tmp_path / "l", "e", "p", None):
                raise AssertionError("two hold it")
    async with project_lock(tmp_path / "l", "e", "p", 5):
        pass


@anyio_test
async def test_the_lock_of_a_process_that_is_killed_is_free(tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib, sys\nfrom perry_ffi.stack.project_lock import project_lock\n"
        "async def main():\n async with project_lock(pathlib.Path(sys.argv[1]), 'e', 'p', 5):\n"
        "  print('held', flush=True)\n  await asyncio.sleep(600)\nasyncio.run(main())"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "l")],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
    )
    assert other.stdout is not None and other.stdout.readline() == b"held\n"
    with pytest.raises(Timeout):
        async with project_lock(tmp_path / "l", "e", "p", 0.05):
            raise AssertionError("two hold it")
    other.kill()
    async with project_lock(tmp_path / "l", "e", "p", 10):
        pass
    other.wait()
    other.stdout.close()


@anyio_test
async def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o777)
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("open", "link"):
        with pytest.raises(BackendError, match="belongs to somebody else"):
            async with project_lock(tmp_path / name, "e", "p", 1):
                raise AssertionError


@anyio_test
async def test_a_projects_name_is_no_path(tmp_path: Path) -> None:
    async with project_lock(tmp_path / "l", "e", "../../x/y", 1):
        assert len(list((tmp_path / "l").iterdir())) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["l"]
