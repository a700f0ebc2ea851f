"""What ``load`` and ``config`` give is read again as it is: nothing in it is substituted a second time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.api import stacks
from perry_ffi.compose import Project, load_document
from perry_ffi.model.stack import UpOptions
from perry_ffi.service import projects
from perry_ffi.service.client import Client

FILE = """
name: doc
services:
  a:
    image: i
    command: [sh, -c, "echo $$HOME $${x:-y} $FROM_OUTSIDE"]
    environment: {PRICE: "5$$", "K$$Y": "1"}
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_what_load_gives_is_the_project_that_up_takes(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(FILE)
    client = Client({"FROM_OUTSIDE": "$HOME", "HOME": "/nobody", "x": "not this"})
    request = json.dumps({"files": [str(tmp_path / "compose.yaml")]}).encode()
    document = await stacks.load(client, request)
    again = await projects.read_document(client, json.loads(json.dumps(document)), UpOptions())
    service = again.services["a"]
    assert service["command"] == ["sh", "-c", "echo $HOME ${x:-y} $HOME"]
    assert service["environment"]["PRICE"] == "5$"


PROFILED = """
name: doc
services:
  a: {image: i}
  b: {image: i, profiles: [x]}
  c: {image: i, profiles: [y]}
"""


@pytest.mark.anyio
@pytest.mark.parametrize("profiles", [[], ["x"], ["*"]])
async def test_what_was_loaded_with_profiles_needs_them_no_more(tmp_path: Path, profiles: list[str]) -> None:
    """And who is disabled is known: containers of such a service are no orphans."""
    (tmp_path / "compose.yaml").write_text(PROFILED)
    request = {"files": [str(tmp_path / "compose.yaml")], "profiles": profiles}
    document = await stacks.load(Client({}), json.dumps(request).encode())
    again = await projects.read_document(Client({}), json.loads(json.dumps(document)), UpOptions())
    assert sorted(again.services) == {"": ["a"], "x": ["a", "b"], "*": ["a", "b", "c"]}["".join(profiles)]
    assert {*again.services, *again.disabled_services} == {"a", "b", "c"}
    assert not again.extensions


MOVED = {"COMPOSE_PROJECT_NAME": "elsewhere", "COMPOSE_PROFILES": "x,y", "COMPOSE_ENV_FILES": "/nowhere", "V": "elsewhere"}
"""What the program's environment, or the folder that it runs in, may say about other projects."""


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


async def loaded(file: Path, *, environ: dict[str, str] | None = None, **request: Any) -> dict[str, Any]:
    asked = {"files": [str(file)], **request}
    return await stacks.load(Client(environ or {}), json.dumps(asked).encode())


async def taken(document: dict[str, Any], environ: dict[str, str], **options: Any) -> Project:
    return await projects.read_document(Client(environ), json.loads(json.dumps(document)), UpOptions.model_validate(options))


WHOLE = """
name: whole
services:
  a:
    image: "${V:-i}"
    environment: [V, NOBODY]
    build: {context: ., args: [V, NOBODY], secrets: [s]}
    depends_on: {b: {condition: service_started, required: false}}
    volumes: [data:/d, ./here:/h]
    security_opt: ["seccomp=./profile.json"]
    secrets: [s]
    configs: [c]
  b: {image: i, profiles: [x]}
networks: {default: {}, fixed: {name: whole_net}}
volumes: {data: {}}
secrets: {s: {environment: S}}
configs: {c: {environment: C}}
"""


@pytest.mark.anyio
@pytest.mark.parametrize("by", ["environment", "folder"])
async def test_what_load_resolved_is_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    """Whatever the process that brings it up, and the folder that it runs in, say of the names that the file uses."""
    write(tmp_path, {"app/compose.yaml": WHOLE, "app/.env": "V=own\nS=secret $$one\n", "host/x": ""})
    document = await loaded(tmp_path / "app/compose.yaml", environ={"C": "config"})
    expected = await taken(document, {"C": "config"})
    environ = {**MOVED, "NOBODY": "somebody", "S": "another"} if by == "environment" else {}
    write(tmp_path, {"host/.env": "".join(f"{k}={v}\n" for k, v in {**MOVED, "NOBODY": "somebody"}.items())})
    monkeypatch.chdir(tmp_path / "host")
    found = await taken(document, {**environ, "C": "config"})
    assert found.name == "whole" and found.to_spec() == expected.to_spec()
    assert set(found.disabled_services) == {"b"} and not found.warnings
    service = found.services["a"]
    assert service["environment"] == {"V": "own", "NOBODY": None} and service["build"]["args"] == {"V": "own"}
    assert found.contents == {"secrets.s": "secret $one", "configs.c": "config"}
    assert found.working_dir == str(tmp_path / "app")


@pytest.mark.anyio
async def test_a_variable_of_the_process_itself_is_not_written_into_a_resolved_document(tmp_path: Path) -> None:
    """What only an env file, or the caller of load, knows is: there is nobody else to ask."""
    write(tmp_path, {"compose.yaml": WHOLE, ".env": "S=from-the-file\n"})
    text = json.dumps(await loaded(tmp_path / "compose.yaml", environ={"S": "from-the-process", "C": "config"}))
    assert "from-the-process" not in text and "config" not in text.replace("configs", "")
    text = json.dumps(await loaded(tmp_path / "compose.yaml", env={"C": "config"}))
    assert "from-the-file" in text and '{"C": "config"}' in text


@pytest.mark.anyio
@pytest.mark.parametrize("given", [{"projectName": "other"}, {}])
async def test_a_resolved_document_under_another_name_has_networks_and_volumes_of_that_name(
    tmp_path: Path, given: dict[str, str]
) -> None:
    write(tmp_path, {"compose.yaml": WHOLE})
    document = await loaded(tmp_path / "compose.yaml", projectName="mine", env={"S": "1", "C": "2"})
    assert document["name"] == "mine" and document["networks"]["default"]["name"] == "mine_default"
    found = await taken({**document, "name": "other"} if not given else document, MOVED, **given)
    assert found.name == "other"
    names = [found.networks["default"]["name"], found.volumes["data"]["name"], found.secrets["s"]["name"]]
    assert names == ["other_default", "other_data", "other_s"]
    assert found.contents == {"secrets.s": "1", "configs.c": "2"}


NAMED = {"services": {"a": {"image": "i", "labels": {"v": "${V:-none}"}}, "b": {"image": "i", "profiles": ["x"]}}}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "environ", "options", "expected"),
    [
        ("own", MOVED, {}, "own"), ("${OWN}", {**MOVED, "OWN": "var"}, {}, "var"), ("Own", MOVED, {}, "own"),
        ("own", MOVED, {"projectName": "asked"}, "asked"), (None, MOVED, {"projectName": "asked"}, "asked"),
        (None, MOVED, {}, "elsewhere"), ("", MOVED, {}, "elsewhere"), (None, {}, {}, "host"), ("own", {}, {}, "own"),
        ("own", {}, {"projectDirectory": "sub"}, "own"), (None, {}, {"projectDirectory": "sub"}, "fromsub"),
    ],
)  # fmt: skip
async def test_the_name_of_a_document(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str | None,
    environ: dict[str, str],
    options: dict[str, Any],
    expected: str,
) -> None:
    files = {"host/.env": "COMPOSE_PROJECT_NAME=fromhost\nV=host\n", "host/sub/.env": "COMPOSE_PROJECT_NAME=fromsub\nV=sub\n"}
    write(tmp_path, files)
    monkeypatch.chdir(tmp_path / "host")
    found = await taken(NAMED if name is None else {"name": name, **NAMED}, environ, **options)
    assert found.name == expected
    assert found.networks["default"]["name"] == f"{expected}_default"


@pytest.mark.anyio
async def test_the_folder_of_the_program_says_nothing_of_a_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment does, as for every file; and a folder that is named."""
    write(
        tmp_path,
        {
            "host/.env": "V=host\nCOMPOSE_PROFILES=x\n",
            "sub/.env": "V=sub\nCOMPOSE_PROFILES=x\n",
            "host/compose.yaml": "services: {z: {image: z}}",
        },
    )
    monkeypatch.chdir(tmp_path / "host")
    found = await taken({"name": "own", **NAMED}, {})
    assert found.services["a"]["labels"] == {"v": "none"} and set(found.services) == {"a"}
    found = await taken({"name": "own", **NAMED}, {"V": "process", "COMPOSE_ENV_FILES": "/nowhere", "COMPOSE_FILE": "/nowhere"})
    assert found.services["a"]["labels"] == {"v": "process"} and set(found.services) == {"a"}
    found = await taken({"name": "own", **NAMED}, {}, projectDirectory=str(tmp_path / "sub"))
    assert found.services["a"]["labels"] == {"v": "sub"} and set(found.services) == {"a", "b"}


@pytest.mark.anyio
async def test_what_is_added_to_a_resolved_document_counts(tmp_path: Path) -> None:
    write(tmp_path, {"compose.yaml": WHOLE})
    document = await loaded(tmp_path / "compose.yaml", env={"S": "1", "C": "2"})
    document["services"]["more"] = {"image": "i", "secrets": ["t"]}
    document["secrets"]["t"] = {"environment": "T"}
    document["secrets"]["s"]["environment"] = "T"
    found = await taken(document, {"T": "now"})
    assert found.contents == {"secrets.s": "now", "secrets.t": "now", "configs.c": "2"}


@pytest.mark.anyio
async def test_a_service_that_is_named_brings_its_profiles(tmp_path: Path) -> None:
    document = {"name": "doc", "services": {"a": {"image": "i"}, "b": {"image": "i", "profiles": ["x"]}}}
    for said in ({}, {"x-perry-resolved": {"profiles": 3, "disabled": [1]}}, {"x-perry-resolved": "text"}):
        spec = {**document, **said}
        assert sorted((await projects.read_document(Client({}), spec, UpOptions(services=["b"]))).services) == ["a", "b"]
        assert sorted((await projects.read_document(Client({}), spec, UpOptions(services=["a"]))).services) == ["a"]


def test_escaped_texts_come_back() -> None:
    from perry_ffi.compose.render import escaped

    tree = {"name": "n", "services": {"a": {"image": "i", "labels": {"l": "$a ${b} $$ 5$"}, "command": ["$x"]}}}
    found = load_document(escaped(tree), env={"a": "no", "b": "no", "x": "no"}, working_directory="/").services["a"]
    assert (found["labels"], found["command"]) == ({"l": "$a ${b} $$ 5$"}, ["$x"])
