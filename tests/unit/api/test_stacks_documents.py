"""What ``load`` and ``config`` give is read again as it is: nothing in it is substituted a second time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perry_ffi.api import stacks
from perry_ffi.api.session import Session
from perry_ffi.compose import load_document
from perry_ffi.model.stack import UpOptions

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
    session = Session({"FROM_OUTSIDE": "$HOME", "HOME": "/nobody", "x": "not this"})
    request = json.dumps({"files": [str(tmp_path / "compose.yaml")]}).encode()
    document = await stacks.load(session, request)
    again = await stacks._project(session, json.dumps(document).encode(), UpOptions())
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
    document = await stacks.load(Session({}), json.dumps(request).encode())
    again = await stacks._project(Session({}), json.dumps(document).encode(), UpOptions())
    assert sorted(again.services) == {"": ["a"], "x": ["a", "b"], "*": ["a", "b", "c"]}["".join(profiles)]
    assert {*again.services, *again.disabled_services} == {"a", "b", "c"}
    assert not again.extensions


@pytest.mark.anyio
async def test_a_service_that_is_named_brings_its_profiles(tmp_path: Path) -> None:
    document = {"name": "doc", "services": {"a": {"image": "i"}, "b": {"image": "i", "profiles": ["x"]}}}
    for said in ({}, {"x-perry-resolved": {"profiles": 3, "disabled": [1]}}, {"x-perry-resolved": "text"}):
        spec = json.dumps({**document, **said}).encode()
        assert sorted((await stacks._project(Session({}), spec, UpOptions(services=["b"]))).services) == ["a", "b"]
        assert sorted((await stacks._project(Session({}), spec, UpOptions(services=["a"]))).services) == ["a"]


def test_escaped_texts_come_back() -> None:
    from perry_ffi.compose.render import escaped

    tree = {"name": "n", "services": {"a": {"image": "i", "labels": {"l": "$a ${b} $$ 5$"}, "command": ["$x"]}}}
    found = load_document(escaped(tree), env={"a": "no", "b": "no", "x": "no"}, working_directory="/").services["a"]
    assert (found["labels"], found["command"]) == ({"l": "$a ${b} $$ 5$"}, ["$x"])
