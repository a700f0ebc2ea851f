from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.trust.registries import Registries
from tests.support.command_on_fake import Program


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """The program in a folder of its own, on an engine in memory."""
    return Program(tmp_path, monkeypatch, capsys)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the registries answer, by repository."""
    found: dict[str, Any] = {}

    async def digest(self: Registries, image: Any, insecure: Any) -> str:
        answer = found[image.repository.rpartition("/")[2]]
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    monkeypatch.setattr(Registries, "digest", digest)
    return found
