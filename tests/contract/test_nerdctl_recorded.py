"""The program that stands in for nerdctl answers as nerdctl does, call by call: answers recorded from nerdctl 2.3.5.

Compared is what the driver takes from an answer: the exit code, what kind of error its words are, the members that are read of
documents, and other output as it is.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.nerdctl.readings import container_info, network_info, volume_info
from perry_ffi.backends.nerdctl.sayings import TABLE
from tests.engines.nerdctl.record import ANSWERS, Answer, answers
from tests.support.nerdctl import REAL, nerdctl_environ, nerdctl_path, of_its_own

APART = {
    "create --pull=never --name=mounted": "what is not there is refused by the stand-in already when it would be mounted",
    "ps --all": "see before: it is listed by nerdctl alone",
    "kill made": "nerdctl finds no container that was never started",
    "exec --user": "the stand-in knows users by their numbers",
    "exec runs cat /etc/hostname": "the stand-in writes no such file",
}
"""Calls that are answered otherwise, by their beginnings, and why that may be."""


@pytest.fixture
def program(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """It holds nothing of other tests: the answers list what it has."""
    found = shutil.which("nerdctl", path=nerdctl_path(request) if REAL else str(of_its_own(tmp_path)))
    assert found is not None
    return found


def test_each_answer_is_the_recorded_one(program: str) -> None:
    recorded = [Answer(**found) for found in json.loads(ANSWERS.read_text())]
    differing = []
    for wanted, got in zip(recorded, answers(program, {**os.environ, **nerdctl_environ()}), strict=True):
        assert wanted.argv == got.argv
        call = " ".join(got.argv)
        if read(got) != read(wanted) and not any(call.startswith(known) for known in APART):
            differing.append(f"{call}\n    {read(got)}\n    {read(wanted)}")
    assert len(recorded) > 200
    assert not differing, "\n".join([f"{len(differing)} of {len(recorded)} differ", *differing])


def read(answer: Answer) -> dict[str, Any]:
    """What is taken from an answer."""
    found: dict[str, Any] = {"code": answer.code}
    if answer.code:
        row = TABLE.of("\n".join(answer.stderr))
        found["kind"] = (row.kind.__name__, row.exit_code) if row else answer.stderr
    elif reader := READERS.get(" ".join(answer.argv[:2])) or READERS.get(answer.argv[0]):
        found["output"] = list(map(reader, _documents(answer.stdout)))
    else:
        found["output"] = answer.stdout
    return found


def _documents(found: Any) -> Iterator[dict[str, Any]]:
    yield from found if isinstance(found, list) else [found]


def _container(document: dict[str, Any]) -> Any:
    state = dict(document["State"])
    for name in ("StartedAt", "FinishedAt"):
        state[name] = "2026-01-01T00:00:00Z" if state.get(name) else ""
    for probe in (state.get("Health") or {}).get("Log") or ():
        probe["Start"] = probe["End"] = "2026-01-01T00:00:00Z"
    info = container_info({**document, "State": state, "Created": "2026-01-01T00:00:00Z"})
    mounts = sorted((mount.kind, mount.target) for mount in info.mounts if mount.kind == "volume")
    return info.name, info.status, info.exit_code, info.labels, info.restart_count, mounts, str(info.health)


def _network(document: dict[str, Any]) -> Any:
    info = network_info(document)
    return info.name, info.driver, info.subnets, info.gateways, info.labels, info.options


def _volume(document: dict[str, Any]) -> Any:
    info = volume_info(document)
    return info.name, info.labels


READERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "container inspect": _container,
    "network inspect": _network,
    "volume inspect": _volume,
    "image inspect": lambda found: (found["RepoTags"][:1], found["Config"]["Cmd"], found["Os"], found["Architecture"]),
    "ps": lambda found: (found["Names"], found["Status"]),
    "network ls": lambda found: (found["Name"], found["Labels"]),
    "volume ls": lambda found: found["Name"],
    "stats": lambda found: (found["Name"], found["PIDs"] != "0"),
    "version": lambda found: sorted(found),
    "info": lambda found: (found["OSType"], found["Driver"]),
}
