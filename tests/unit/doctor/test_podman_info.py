from __future__ import annotations

import json

import pytest

from perry_ffi.doctor import podman_info
from perry_ffi.doctor.facts import Said
from tests.support.doctoring import said

QUESTION = "podman info --format json"


def store(**members: object) -> Said:
    return said(QUESTION, json.dumps({"store": members}))


def test_what_is_free() -> None:
    assert podman_info.free_bytes(store(graphRootAllocated=1000, graphRootUsed=400)) == 600


@pytest.mark.parametrize(
    "answer",
    [
        None,
        said(QUESTION, "{}"),
        said(QUESTION, "[]"),
        said(QUESTION, "no JSON"),
        said(QUESTION, "{}", code=125),
        store(graphRootAllocated=0, graphRootUsed=0),
        store(graphRootAllocated="1", graphRootUsed=1),
        store(graphRootAllocated=1, graphRootUsed=2),
    ],
)
def test_what_is_not_told(answer: Said | None) -> None:
    assert podman_info.free_bytes(answer) is None
