"""The examples are compiled and run as their readers would."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.conftest import engine, pytest_generate_tests

__all__ = ["engine", "pytest_generate_tests"]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
STRICT = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "engine" in getattr(item, "fixturenames", ()) and "/examples/" in str(item.path):
            item.add_marker(pytest.mark.live)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Compiles an example with the flags that ``perry_ffi.config`` prints."""
    folder = tmp_path_factory.mktemp("examples")

    def compile_one(name: str) -> Path:
        target = folder / name.removesuffix(".c")
        if not target.exists():
            config = [sys.executable, "-m", "perry_ffi.config", "--cflags", "--libs"]
            flags = shlex.split(subprocess.run(config, check=True, capture_output=True, text=True).stdout)
            subprocess.run(["cc", *STRICT, EXAMPLES / name, *flags, "-o", target], check=True)
        return target

    return compile_one
