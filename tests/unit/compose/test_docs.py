"""The documentation names every attribute, and no service attribute that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

from perry_ffi.compose import fields
from perry_ffi.compose.schema import SERVICE_ATTRIBUTES

DOCS = (Path(__file__).parents[3] / "docs/compose.md").read_text()


def rows(title: str) -> set[str]:
    """Attributes of the first column of the tables below headings that begin with ``title``."""
    found: set[str] = set()
    for section in re.split(r"^### ", DOCS, flags=re.M)[1:]:
        if section.startswith(title):
            for line in re.findall(r"^\| ([^|]*) \|", section, flags=re.M):
                found |= set(re.findall(r"`([^`]+)`", line))
    return found


def test_every_attribute_of_a_service_has_a_row():
    assert {name for name in rows("Services") if "." not in name} == SERVICE_ATTRIBUTES


def test_every_member_of_the_model_is_named():
    members = set(fields.service_fields) | {
        "subnet",
        "gateway",
        "ip_range",
        "aux_addresses",
        "runtime_flags",
        "context_size",
    }
    members |= {"initial_sync", "per_replica", "gw_priority", "interface_name", "generic_resources", "template_driver"}
    assert members <= set(re.findall(r"`([a-z_0-9]+)`", DOCS))
