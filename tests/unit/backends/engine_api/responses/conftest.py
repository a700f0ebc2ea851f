"""The recorded answers, one engine after the other."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.unit.backends.engine_api.responses.answers import ENGINES


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> dict[str, Any]:
    return copy.deepcopy(ENGINES[request.param]) | {"is_podman": request.param.startswith("podman")}
