"""The records of a build, as dockerd 20.10 sent them: its steps, and the one that failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.engine_api.build.buildkit import protobuf
from perry_ffi.backends.engine_api.build.buildkit.trace import Trace, record_of

RECORDED = Path(__file__).parents[2] / "recorded"


def recorded(name: str) -> tuple[Trace, list[dict[str, Any]]]:
    trace, found = Trace(), []
    for line in (RECORDED / f"buildkit-{name}.jsonl").read_text().splitlines():
        if (record := record_of(json.loads(line))) is not None:
            found += trace.add(record)
    return trace, found


def test_a_build_is_told_step_by_step() -> None:
    trace, found = recorded("good")
    text = "".join(event.get("text", "") for event in found)
    steps = ["[internal] load remote build context", "[2/3] COPY --chmod=700 f /f", "said", "exporting to image"]
    assert [line for line in text.split("\n") if line in steps] == steps
    assert found[-1] == {"status": "working: done", "id": "naming to localhost/try:1"}
    assert trace.step == ""


def test_the_step_that_failed_and_what_it_said() -> None:
    trace, _ = recorded("failed")
    assert trace.step.startswith("[2/2] RUN --mount=type=secret,id=tok echo first")
    assert sorted(trace.output().split("\n")) == ["first", "the reason"]


@pytest.mark.parametrize("record", ["?", "AAA", "CgX/"])
def test_a_record_that_is_none(record: str) -> None:
    with pytest.raises(protobuf.Malformed):
        Trace().add(record)
