from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import library as lib


@pytest.fixture(scope="session")
def static_library() -> Path:
    """The static form: PERRY_STATIC_LIBRARY, or the one that ``make static`` leaves."""
    path = Path(os.environ.get("PERRY_STATIC_LIBRARY") or lib.ROOT / "build/static" / lib.NAME)
    if not path.exists():
        pytest.skip(f"{path} is not there: make static")
    return path


@pytest.fixture(scope="session")
def static_probe(static_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in which the volume operations are those of ``tests/support/probe.py``."""
    text = (Path(lib.__file__).parent / "probe.py").read_text()
    return lib.copy_library(static_library, tmp_path_factory.mktemp("probe"), replace={"api/volumes.py": text})
