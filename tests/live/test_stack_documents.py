"""What ``load`` resolved, brought up by a program that runs elsewhere."""

from __future__ import annotations

import pytest

from tests.live.conftest import IMAGE
from tests.live.stack_support import Stacks, encode, stacks  # noqa: F401

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(90)]

APP = f"""
services:
  c: {{image: {IMAGE}, command: [sleep, "600"], stop_grace_period: 0s, environment: [V]}}
"""


async def test_two_projects_of_other_folders_stay_two(stacks: Stacks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's own folder has a name for a project, and variables, and they are not theirs."""
    names = [f"{stacks.prefix}{which}" for which in ("one", "two")]
    for name in names:
        folder = stacks.folder / name
        folder.mkdir()
        (folder / "compose.yaml").write_text(APP)
        (folder / ".env").write_text(f"V={name}\n")
    (stacks.folder / ".env").write_text(f"COMPOSE_PROJECT_NAME={stacks.prefix}\nV=host\n")
    monkeypatch.chdir(stacks.folder)
    for name in names:
        document = await stacks.call("load", encode({"files": [str(stacks.folder / name / "compose.yaml")]}))
        handle = await stacks.up(document)
        assert [row["name"] for row in await stacks.call("ps", handle)] == [f"{name}-c-1"]
        assert (await stacks.out(handle, "c", "sh", "-c", "echo $V")).strip() == name
        assert (await stacks.plan(document))["steps"] == []
    held = {row["Names"][0].lstrip("/") for row in stacks.ask("/containers/json")}
    assert {f"{name}-c-1" for name in names} <= held
    for name in names:
        report = await stacks.call("down_by_project", name, None)
        assert report["containers_removed"] == report["networks_removed"] == 1 and not report["errors"]


INCLUDED = f"""
services:
  s:
    image: {IMAGE}
    command: sh -c 'cat /run/secrets/tok /c'
    secrets: [tok]
    configs: [{{source: c, target: /c}}]
secrets: {{tok: {{environment: TOK}}}}
configs: {{c: {{environment: CONF}}}}
"""


@pytest.mark.needs("op.archive")
async def test_secrets_of_an_included_file_are_of_its_own_variables(stacks: Stacks) -> None:
    """They go with the resolved document, and nobody needs them at the ``up``."""
    (stacks.folder / "sub").mkdir()
    (stacks.folder / "sub/c.yaml").write_text(INCLUDED)
    (stacks.folder / "sub/x.env").write_text("TOK=abc\nCONF=def\n")
    main = f"name: {stacks.prefix}\ninclude: [{{path: sub/c.yaml, env_file: sub/x.env}}]\n"
    (stacks.folder / "compose.yaml").write_text(main)
    document = await stacks.call("load", encode({"files": [str(stacks.folder / "compose.yaml")]}))
    handle = await stacks.up(document)
    assert (await stacks.call("run", handle, "s", None))["stdout"] == "abcdef"
    await stacks.down(handle)
