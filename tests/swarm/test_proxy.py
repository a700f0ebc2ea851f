"""The proxy before a manager: what it lets fail fails, once, and the swarm knows what was done all the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engines.daemon import ask
from tests.engines.swarm.lab import Lab
from tests.live.proxy import Proxy, proxy
from tests.swarm.services import service

pytestmark = pytest.mark.anyio
CREATE = r"POST .*/services/create"


@pytest.fixture
async def before(lab: Lab, tmp_path: Path) -> AsyncIterator[Proxy]:
    async with proxy(lab.leader().socket, tmp_path / "p.sock") as found:
        yield found


def create(lab: Lab, before: Proxy, name: str) -> asyncio.Future[tuple[int, bytes]]:
    """The request comes from a thread, for the proxy serves in this one."""
    body = json.dumps(service(lab, name, replicas=0)).encode()
    return asyncio.ensure_future(asyncio.to_thread(ask, str(before.socket), "POST", "/v1.41/services/create", body))


def names(lab: Lab) -> list[str]:
    return sorted(row["Spec"]["Name"] for row in lab.leader().call("GET", "/services"))


async def test_one_call_of_a_kind_is_refused_in_given_words(lab: Lab, before: Proxy) -> None:
    before.arm(1, among=CREATE, text="rpc error: update out of sequence")
    assert (await asyncio.to_thread(ask, str(before.socket), "GET", "/v1.41/services"))[0] == 200
    assert (await create(lab, before, "a"))[0] == 201
    status, body = await create(lab, before, "b")
    assert status == 500 and json.loads(body)["message"] == "rpc error: update out of sequence"
    assert (await create(lab, before, "c"))[0] == 201
    assert names(lab) == ["a", "c"]
    assert (before.count(CREATE), before.count("GET"), str(before.hit)) == (3, 1, "POST /v1.41/services/create")


async def test_what_was_done_without_an_answer_is_there(lab: Lab, before: Proxy) -> None:
    before.arm(0, "unanswered", among=CREATE)
    with pytest.raises(OSError):
        await create(lab, before, "a")
    assert names(lab) == ["a"]


async def test_a_lost_call_was_not_done(lab: Lab, before: Proxy) -> None:
    before.arm(0, "lost", among=CREATE)
    with pytest.raises(OSError):
        await create(lab, before, "a")
    assert names(lab) == []


async def test_a_held_call_is_overtaken(lab: Lab, before: Proxy) -> None:
    before.arm(0, "held", among=CREATE)
    held = create(lab, before, "a")
    await before.watch.wait()
    assert (await create(lab, before, "b"))[0] == 201
    assert names(lab) == ["b"] and not held.done()
    before.release.set()
    assert (await held)[0] == 201
    assert names(lab) == ["a", "b"]
