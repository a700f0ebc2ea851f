"""Values that a parser reads: the record of each has the members that its parser takes."""

from __future__ import annotations

import pytest

from perry_ffi.abi.wit.documents import Documents
from perry_ffi.abi.wit.interfaces import functions
from perry_ffi.abi.wit.values import DEFINITIONS, SAYS
from perry_ffi.model import container_values, mounts, network_values
from perry_ffi.model.build_values import build_secret
from perry_ffi.model.workload_values import PROJECTIONS

RECORDS = {one.name: {part.json for part in one.parts} for one in DEFINITIONS if one.kind == "record"}
TAKEN = {
    "health-check": set(container_values._HEALTH),
    "attachment": set(container_values._ATTACHMENT),
    "gpu-request": set(container_values._GPU),
    "ipam": set(network_values._IPAM),
    "subnet": set(network_values._SUBNET),
    "mount-object": {*mounts._COMMON, *mounts._NESTED},
    "bind-options": mounts._NESTED["bind"],
    "volume-options": mounts._NESTED["volume"],
    "tmpfs-options": mounts._NESTED["tmpfs"],
    "build-secret": {"id", "file", "environment", "content"},
    "workload-ref": {"nodeId", "projection", "port", "name", "scheme"},
}


def test_each_record_is_held_to_its_parser() -> None:
    assert set(RECORDS) == set(TAKEN)


@pytest.mark.parametrize("name", TAKEN)
def test_a_record_has_the_members_that_the_parser_takes(name: str) -> None:
    assert RECORDS[name] == TAKEN[name]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("projection", PROJECTIONS),
        ("mount-type", mounts._TYPES),
        ("mount-propagation", mounts._PROPAGATION),
        ("mount-consistency", mounts._CONSISTENCY),
    ],
)
def test_a_choice_has_the_texts_that_the_parser_takes(name: str, texts: tuple[str, ...]) -> None:
    (found,) = [one for one in DEFINITIONS if one.name == name]
    assert tuple(part.json for part in found.parts) == texts


@pytest.mark.parametrize("source", ["file", "environment", "content"])
def test_a_build_secret_has_one_source(source: str) -> None:
    assert build_secret({"id": "token", source: "x"}).id == "token"


def test_what_is_said_is_said_of_a_member() -> None:
    """Of one that a document of the contract has: what the model tells of spellings is replaced there."""
    documents = Documents()
    functions(documents)
    there = {f"{one.name}.{part.name}" for one in documents.definitions() for part in one.parts}
    assert set(SAYS) - there == set()
