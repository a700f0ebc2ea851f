"""Whatever the loader takes is a definition that the engine takes too, or an error that says where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.engine_api.drivers import swarm_rules
from perry_ffi.backends.engine_api.swarm.payload import service_payload
from perry_ffi.backends.rules.rule import declare
from perry_ffi.compose import Project
from perry_ffi.errors import ContainerError, NotFound
from perry_ffi.stack.cluster.check import shortfalls
from perry_ffi.stack.cluster.definition import notes, service_definition
from perry_ffi.stack.cluster.files import cluster_files
from perry_ffi.stack.desired import desired
from perry_ffi.stack.options import Up
from tests.unit.compose.support import load_text
from tests.unit.compose.test_service_attributes import CASES, FILES, REST
from tests.unit.stack import samples

API = (1, 41)
SWARM = declare(swarm_rules.RULES, API)
SECTIONS = ("services.", "networks.", "volumes.", "configs.", "secrets.", "scale.", "name")


def told(project: Project) -> dict[str, str]:
    """By service the payload as text, or the path of the error that stands for it. What was said of it is engines' business no more:
    what passes the check is refused by no payload.
    """
    document, found = project.to_dict(), {}
    wanted = desired(project, Up(), {}).services
    for name, service in wanted.items():
        try:
            only = {
                **document,
                "services": {key: row for key, row in document["services"].items() if key == name or key in wanted},
            }
            shortfalls(only, SWARM, backend="swarm", services=[name], working_dir=project.working_dir)
            files = _with_contents(project, only, name)
            definition = service_definition(
                only, service, project=project.name, image="app", labels={}, task_labels={}, networks={}, files=files,
                idents={file.name: file.name for file in files}, one_shot=False, working_dir=project.working_dir, capabilities=SWARM,
            )  # fmt: skip
            notes(only, service)
        except ContainerError as error:
            found[name] = str(error.details["path"])
            assert error.message.startswith(found[name]), error.message
            continue
        found[name] = json.dumps(service_payload(definition, API))
    return found


def _with_contents(project: Project, document: dict[str, Any], name: str) -> list[Any]:
    one = {**document, "services": {name: document["services"][name]}}
    try:
        return cluster_files(project, one)[name]
    except NotFound as error:  # The file of a sample that has none beside it.
        assert str(error.details["path"]).endswith(".file")
        return []


@pytest.mark.parametrize(("attribute", "value"), [(a, v) for a, v, _ in CASES], ids=[f"{a}={v[:40]}" for a, v, _ in CASES])
def test_an_attribute_in_any_form(tmp_path: Path, attribute: str, value: str) -> None:
    image = "" if attribute == "image" else "    image: x\n"
    text = f"name: p\nservices:\n  a:\n{image}    {attribute}: {value}\n{REST}"
    project = load_text(tmp_path, text, files={**FILES, "s": "secret"}, env={"FROM_ENV": "env", "HOME": "/home/me"})
    try:
        rows = told(project)
    except ContainerError as error:  # What no engine can be asked for: a scale below 0, say.
        rows = {"a": str(error.details["path"])}
    assert all(row.startswith(("{", *SECTIONS)) for row in rows.values()), rows


@pytest.mark.parametrize("project", [pytest.param(project, id=name) for name, project in [*samples.own(), *samples.collected()]])
def test_a_file_of_somebody(project: Project) -> None:
    try:
        rows = told(project)
    except ContainerError as error:
        rows = {"a": str(error.details["path"])}
    assert all(row.startswith(("{", *SECTIONS)) for row in rows.values()), rows
