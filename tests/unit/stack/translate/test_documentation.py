"""The table of attributes has a row for everything that the schema knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perry_ffi.backends.rules.service import PREFIX, SERVICE
from perry_ffi.compose import schema

TABLE = Path(__file__).resolve().parents[4] / "docs/attributes.md"
WORDS = set(re.findall(r"[a-z0-9_]+", TABLE.read_text()))
SERVICE = sorted(name for name in schema._SERVICE if not name.startswith("x-"))


@pytest.mark.parametrize("attribute", SERVICE)
def test_each_attribute_of_a_service_has_its_row(attribute: str) -> None:
    assert attribute in WORDS


@pytest.mark.parametrize("member", sorted(SERVICE))
def test_each_member_that_an_engine_may_lack_has_its_row(member: str) -> None:
    first = member.removeprefix(f"{PREFIX}.").split(".")[0]
    names = {"env_unset": "environment", "cdi_devices": "devices"}
    assert names.get(first, first) in WORDS
