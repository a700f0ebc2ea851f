"""The project's own Compose files and the models that docker compose 2.40.3 makes of them.

``projects/*/expected.json`` was recorded with ``config --format json``; ``@`` stands for the project's folder.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.compose import load
from perry_ffi.compose.render import escape_dollars, to_json, to_yaml

PROJECTS = sorted(path.parent for path in Path(__file__).parent.glob("projects/*/expected.json"))
ENVIRONMENT = {"HOME": "/home/me", "C": "from the caller", "API_TOKEN": "t"}


def model(folder: Path, *files: Path) -> str:
    project = load(list(files), env=ENVIRONMENT, working_directory=folder, profiles=["*"])
    return escape_dollars(to_json(project.to_dict()))


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)
def test_the_model_is_that_of_docker_compose(folder):
    assert model(folder).replace(str(folder), "@") + "\n" == (folder / "expected.json").read_text()


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)
def test_the_output_gives_the_same_model_again(folder, tmp_path):
    project = load(env=ENVIRONMENT, working_directory=folder, profiles=["*"])
    again = tmp_path / "again.yaml"
    again.write_text(escape_dollars(to_yaml(project.to_spec())))

    assert model(tmp_path, again) == model(folder)


def test_there_are_projects():
    assert len(PROJECTS) >= 7
