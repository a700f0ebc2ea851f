from __future__ import annotations

from typing import Any

import anyio
import pytest

from perry_ffi.model.saved_plan import PlannedPull
from perry_ffi.service import pulls
from perry_ffi.settings import Settings
from perry_ffi.trust.registries import Registries

OLD, NEW = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


@pytest.mark.anyio
async def test_one_that_stays_silent_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    async def digest(self: Registries, image: Any, insecure: Any) -> str:
        if image.path.endswith("silent"):
            await anyio.sleep_forever()
        return OLD

    monkeypatch.setattr(Registries, "digest", digest)
    monkeypatch.setattr(pulls, "PATIENCE", 0.2)
    silent, known, ident = await pulls.ask(Settings.from_environ({"HOME": "/nowhere"}), ["silent", "known", OLD])
    assert known.digest == OLD and known.unknown is None
    assert silent.digest is None and "did not tell within 0.2 s" in (silent.unknown or "")
    assert ident.digest is None and "id" in (ident.unknown or "")


@pytest.mark.parametrize(
    ("before", "now", "is_told"), [(OLD, OLD, False), (OLD, NEW, True), (None, NEW, False), (OLD, None, False)]
)
def test_what_is_not_known_has_not_moved(before: str | None, now: str | None, is_told: bool) -> None:
    told = pulls.moved([PlannedPull(image="a", digest=before)], [PlannedPull(image="a", digest=now)])
    assert bool(told) == is_told and all(OLD in row and NEW in row for row in told)
