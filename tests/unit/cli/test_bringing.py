"""Numbers of containers, as they are typed."""

from __future__ import annotations

import pytest

from perry_ffi.cli.bringing import replicas
from perry_ffi.errors import ValidationError


def test_numbers_by_service() -> None:
    assert replicas(["web=3", "db=0", "web=2"]) == {"web": 2, "db": 0}


@pytest.mark.parametrize("text", ["web", "web=", "=3", "web=x", "web=-1", "web=1.5", "web=\u00b2"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="SERVICE=N"):
        replicas([text])
