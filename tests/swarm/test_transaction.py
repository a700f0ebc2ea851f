"""Each call of an ``up`` on a real swarm that changes something fails, or is answered to nobody: the old state, or the new one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.compose import Project, load_document
from perry_ffi.errors import ContainerError
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.down import down
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.up import plan, up
from tests.engines.swarm.lab import Lab, until
from tests.live.proxy import Mode, Proxy, proxy
from tests.swarm.shop import NAME, on

pytestmark = pytest.mark.anyio
CHANGES = r"^(POST|DELETE) "
WRITES = 4
"""Of the first ``up``: a network, a config, two services."""

MODES: tuple[Mode, ...] = ("unanswered", "lost", "lost", "unanswered")


def small(lab: Lab, words: str = "600") -> Project:
    """Two services in a row that need little time."""
    deploy = {"endpoint_mode": "dnsrr", "update_config": {"monitor": "200ms", "parallelism": 0}}
    service: dict[str, Any] = {
        "image": lab.image, "command": ["sleep", words], "deploy": deploy, "stop_grace_period": "0s", "networks": ["net"],
    }  # fmt: skip
    document = {
        "name": NAME,
        "services": {
            "a": service,
            "b": {**service, "depends_on": ["a"], "configs": [{"source": "c", "target": "/c"}]},
        },
        "networks": {"net": {}},
        "configs": {"c": {"content": words}},
    }
    return load_document(document, env={}, working_directory="/")


@pytest.fixture
async def before(lab: Lab, tmp_path: Path) -> AsyncIterator[Proxy]:
    async with proxy(lab.leader().socket, tmp_path / "p.sock") as found:
        yield found


@pytest.fixture
async def context(before: Proxy, tmp_path: Path) -> AsyncIterator[StackContext]:
    async with on(before.socket, tmp_path) as found:
        yield found


def services(lab: Lab) -> dict[str, Any]:
    return {row["Spec"]["Name"]: (row["ID"], row["Spec"]["Labels"]) for row in lab.leader().call("GET", "/services")}


async def test_each_call_of_a_first_up(lab: Lab, before: Proxy, context: StackContext) -> None:
    for number in range(WRITES):
        before.arm(number, "refused", among=CHANGES)
        with pytest.raises(ContainerError) as caught:
            await up(context, small(lab), Up())
        assert caught.value.details.get("rolledBack", True) is True, (number, caught.value.details)
        assert before.hit is not None
        until(lambda: not lab.leftovers(NAME), f"nothing is left of call {number}")
    for number, mode in enumerate(MODES):
        await stands_all_the_same(lab, before, context, number, mode)


async def stands_all_the_same(lab: Lab, before: Proxy, context: StackContext, number: int, mode: Mode) -> None:
    before.arm(number, mode, among=CHANGES)
    await up(context, small(lab), Up())
    assert before.hit is not None
    assert sorted(services(lab)) == [f"{NAME}_a", f"{NAME}_b"]
    assert (len(lab.leader().call("GET", "/configs")), len(own_networks(lab))) == (1, 1)
    assert (await plan(context, small(lab), Up())).empty
    before.arm(None)
    assert (await down(context, NAME, None, Down())).errors == []


def own_networks(lab: Lab) -> list[Any]:
    return [row for row in lab.leader().call("GET", "/networks") if row["Name"].startswith(NAME)]


async def test_each_call_of_an_edit(lab: Lab, before: Proxy, context: StackContext) -> None:
    """A config, two services; what goes then is taken away all the same."""
    await up(context, small(lab), Up())
    was = services(lab)
    for number in (1, 2):
        before.arm(number, "refused", among=CHANGES)
        with pytest.raises(ContainerError) as caught:
            await up(context, small(lab, "601"), Up())
        assert caught.value.details.get("rolledBack", True) is True, (number, caught.value.details)
        assert services(lab) == was
        assert (await plan(context, small(lab), Up())).empty
    before.arm(1, "unanswered", among=CHANGES)
    await up(context, small(lab, "601"), Up())
    assert before.hit is not None
    assert (await plan(context, small(lab, "601"), Up())).empty
    assert len(lab.leader().call("GET", "/configs")) == 1
