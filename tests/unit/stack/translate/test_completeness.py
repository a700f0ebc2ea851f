"""Nothing is dropped on the way from a file to an engine: each attribute is read, and each member of a spec is given."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from perry_ffi.compose import schema
from perry_ffi.model.service import ServiceSpec

SOURCE = Path(__file__).resolve().parents[4] / "src/perry_ffi"
ATTRIBUTES = sorted(name for name in schema.SERVICE_ATTRIBUTES if not name.startswith("x-"))

# What is gone from a project when it is loaded: its effect is in other attributes.
SPENT = {"env_file": "environment", "extends": "the whole service", "label_file": "labels"}
# What a single container has and a service says in another way, or not at all.
ELSEWHERE = {
    "stdin_once": "of one-off containers, whose input is that of whoever runs them",
    "rm": "one-off containers are removed by the library",
    "seccomp": "security_opt",
    "no_new_privileges": "security_opt",
    "isolation_level": "single containers only",
    "verify": "verified before, by stack.verify: the spec has the digest",
}


@cache
def words(folder: str) -> set[str]:
    """The texts and the names of arguments in the modules of a folder."""
    found: set[str] = set()
    for path in (SOURCE / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.keyword) and node.arg:
                found.add(node.arg)
    return found


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_an_attribute_that_the_schema_takes_is_read(attribute: str) -> None:
    """By the translation, or by what else there is in ``stack``: taking one and ignoring it would be a lie."""
    assert (attribute in words("stack")) is not (attribute in SPENT)


@pytest.mark.parametrize("member", sorted(ServiceSpec.model_fields))
def test_a_member_of_a_services_spec_is_given_by_the_translation(member: str) -> None:
    """What a container can have a service can have, too, or the table above says why not."""
    assert (member in words("stack/translate")) is not (member in ELSEWHERE)
