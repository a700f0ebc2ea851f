"""What nerdctl 2.3.5 answers to calls that move and build images: what the driver makes of it, and that a real one answers so still."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict

import pytest

from perry_ffi.backends.nerdctl.sayings import TABLE, build_failure
from perry_ffi.errors import BackendError, ContainerError, NotFound
from tests.engines.nerdctl import transfers
from tests.engines.nerdctl.record import Answer
from tests.support.nerdctl import REAL, nerdctl_environ, nerdctl_path

RECORDED = [Answer(**found) for found in json.loads(transfers.ANSWERS.read_text())]
ABSENT = ("pull REGISTRY/x:1", "pull REGISTRY/x:2", "pull REGISTRY/missing:1", "push REGISTRY/missing:1", "save", "build")
"""What is asked of images that are not there, or that nobody may see; of builds the one that says so."""


@pytest.mark.parametrize("answer", [answer for answer in RECORDED if answer.code], ids=lambda answer: " ".join(answer.argv))
def test_what_a_failure_means(answer: Answer) -> None:
    said = answer.stderr if answer.argv[0] == "build" else [" ".join(answer.stderr)]
    row = TABLE.of(build_failure(said) if answer.argv[0] == "build" else said[0])
    kind: type[ContainerError] = row.kind if row else BackendError
    absent = " ".join(answer.argv).startswith(ABSENT) and (answer.argv[0] != "build" or "absent" in answer.argv[-1])
    assert kind is (NotFound if absent else BackendError), answer


@pytest.mark.skipif(not REAL or shutil.which("buildctl") is None, reason="it needs a real nerdctl, and BuildKit beside it")
def test_each_transfer_is_answered_as_it_was_recorded(request: pytest.FixtureRequest) -> None:
    program = shutil.which("nerdctl", path=nerdctl_path(request))
    assert program is not None
    found = [asdict(answer) for answer in transfers.answers(program, {**os.environ, **nerdctl_environ()})]
    assert found == [asdict(answer) for answer in RECORDED]
