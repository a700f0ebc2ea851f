"""A project on a product whose machine holds containerd: by the product's name, with what a nerdctl in there has."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from perry_ffi.service.client import Client
from tests.contract.test_nerdctl_stack import UP, five, held, projects
from tests.engines.nerdctl import products
from tests.engines.private import Engine
from tests.live.stack_support import Stacks, environ
from tests.support.nerdctl import nerdctl_path

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["colima", "rancher-desktop"])
async def stacks(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stacks]:
    """Projects there; what the test made is removed."""
    name, program = request.param, shutil.which("nerdctl", path=nerdctl_path(request))
    assert program is not None
    path = products.install(name, tmp_path, Path(program))
    engine = Engine(name, "", environ={"PATH": f"{path}:/usr/bin:/bin"})
    async for found in projects(Client(environ(engine, tmp_path)), engine, tmp_path):
        yield found


async def test_five_services(stacks: Stacks, tmp_path: Path) -> None:
    spec = five(stacks)
    (tmp_path / "own").mkdir()
    (tmp_path / "own/f").write_text("below the home\n")
    spec["services"]["side"]["volumes"] = [f"{tmp_path}/own:/own", "/etc:/far"]
    told = stacks.client.event_bus.subscribe()
    handle = await stacks.up(spec, wait=True)
    warned = [row["message"] for row in await told.next() or () if row.get("code") == "not-shared"]
    assert len(warned) == 1 and "/etc" in warned[0]
    assert await stacks.states(handle) == UP
    assert (await stacks.plan(spec))["steps"] == []
    assert await stacks.out(handle, "side", "cat", "/own/f") == "below the home\n"
    await stacks.gone(handle)
    assert await held(stacks) == {"containers": {}, "networks": set(), "volumes": set()}
