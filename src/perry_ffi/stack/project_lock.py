"""One verb at a time changes a project: the lock by its name."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from perry_ffi.runtime.lock import held_lock


def project_lock(folder: Path, engine: str, project: str, timeout: float | None) -> AbstractAsyncContextManager[None]:
    """Holds the lock of ``project`` on ``engine``. Raises Timeout after ``timeout`` seconds (``None``: without a bound)."""
    return held_lock(folder, engine, project, timeout, kind="project")
