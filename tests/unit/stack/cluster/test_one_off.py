from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.errors import ServiceStartupFailed, Timeout, Unsupported
from perry_ffi.model.stack import RunOptions
from perry_ffi.stack import identity
from perry_ffi.stack.cluster import watch
from perry_ffi.stack.cluster.one_off import prepared
from perry_ffi.stack.one_off import begin, run
from perry_ffi.stack.one_off_spec import OneOff
from perry_ffi.stack.status import ps
from tests.unit.stack.cluster.served import IMAGE, Served, until
from tests.unit.stack.rig import project

pytestmark = pytest.mark.anyio

SHOP = {
    "db": {"image": IMAGE},
    "web": {"image": IMAGE, "depends_on": ["db"], "environment": {"A": "1"}, "command": ["serve"], "ports": ["8080:80"]},
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SOON_SECONDS", "LATER_SECONDS"):
        monkeypatch.setattr(watch, name, 0.005)
    monkeypatch.setattr("perry_ffi.stack.cluster.waiting.SETTLED_SECONDS", 0.02)
    monkeypatch.setattr("perry_ffi.stack.cluster.one_off.STUCK_SECONDS", 0.05)


async def names(served: Served) -> list[str]:
    return [state.name for state in await served.services.services()]


async def test_it_runs_to_its_end_and_leaves_only_what_it_needs(tmp_path: Path) -> None:
    served = Served(tmp_path, web=TaskScript(exit_code=3, stdout="out\nno end", stderr="bad\n"))
    found = await run(served.context, project(SHOP), "web", RunOptions(cmd=["migrate"], env={"B": "2"}))
    assert (found.exit_code, found.stdout, found.stderr) == (3, "out\nno end", "bad\n")
    assert found.name.startswith("p_web-run-")
    assert await names(served) == ["p_db"]


async def test_its_output_is_heard_as_it_comes(tmp_path: Path) -> None:
    """Before it ends, and nothing of it is in the result then."""
    served = Served(tmp_path, web=TaskScript(stdout="out\n", stderr="bad\n"))
    heard: list[tuple[str, str]] = []
    running = asyncio.ensure_future(
        run(served.context, project(SHOP), "web", RunOptions(), lambda stream, text: heard.append((stream, text)))
    )

    async def all_heard() -> bool:
        return sorted(heard) == [("stderr", "bad\n"), ("stdout", "out\n")]

    await until(all_heard)
    assert not running.done()
    running.cancel()
    await asyncio.wait([running])
    assert await names(served) == ["p_db"]
    heard.clear()
    served = Served(tmp_path, web=TaskScript(exit_code=3, stdout="out\nno end", stderr="bad\n"))
    found = await run(served.context, project(SHOP), "web", RunOptions(), lambda stream, text: heard.append((stream, text)))
    assert (found.exit_code, found.stdout, found.stderr) == (3, "", "") and found.name.startswith("p_web-run-")
    assert "".join(text for stream, text in heard if stream == "stdout") == "out\nno end"
    assert "".join(text for stream, text in heard if stream == "stderr") == "bad\n"
    with pytest.raises(Timeout, match="did not end within"):
        await run(Served(tmp_path).context, project(SHOP), "web", RunOptions(timeout=0.05), lambda stream, text: None)
    served = Served(tmp_path, web=TaskScript(rejected="No such image: x"))
    with pytest.raises(ServiceStartupFailed, match="No such image: x"):
        await run(served.context, project(SHOP), "web", RunOptions(), lambda stream, text: None)


async def test_what_it_is_made_from(tmp_path: Path) -> None:
    served = Served(tmp_path)
    wanted = OneOff(cmd=["migrate"], env={"B": "2"}, name="p_once")
    made = await prepared(served.context, project(SHOP), "web", wanted)
    definition = made._definition
    container = definition.container
    assert (definition.name, definition.replicas, definition.ports) == ("p_once", 1, ())
    assert (definition.restart.condition, definition.update.failure_action) == ("none", "continue")
    assert (container.cmd, container.env) == (["migrate"], {"A": "1", "B": "2"})
    assert definition.labels[identity.ONE_OFF] == container.labels[identity.ONE_OFF] == "true"
    assert not any(use.aliases for use in definition.networks)
    published = await prepared(served.context, project(SHOP), "web", OneOff(service_ports=True, use_aliases=True))
    assert [port.published for port in published._definition.ports] == [8080]
    assert any(use.aliases for use in published._definition.networks)
    assert await names(served) == ["p_db"]


async def test_one_that_cannot_begin_says_why_and_is_removed(tmp_path: Path) -> None:
    served = Served(tmp_path, web=TaskScript(rejected="No such image: x"))
    with pytest.raises(ServiceStartupFailed, match=r"services\.web: p_web-run-\w+: No such image: x"):
        await run(served.context, project(SHOP), "web", RunOptions())
    assert await names(served) == ["p_db"]


async def test_one_that_no_node_takes_is_given_up(tmp_path: Path) -> None:
    served = Served(tmp_path, nodes=1)
    wanted = project({"web": {"image": IMAGE, "deploy": {"placement": {"constraints": ["node.labels.a == b"]}}}})
    with pytest.raises(ServiceStartupFailed, match="no suitable node"):
        await run(served.context, wanted, "web", RunOptions())
    assert await names(served) == []


async def test_one_that_takes_too_long_or_is_cancelled_is_removed(tmp_path: Path) -> None:
    served = Served(tmp_path)
    with pytest.raises(Timeout, match="did not end within"):
        await run(served.context, project(SHOP), "web", RunOptions(timeout=0.05))
    assert await names(served) == ["p_db"]
    running = asyncio.ensure_future(run(served.context, project(SHOP), "web", RunOptions()))

    async def runs() -> bool:
        return any(row["oneOff"] and row["status"] == "running" for row in await ps(served.context, "p"))

    await until(runs)
    running.cancel()
    await asyncio.wait([running])
    assert await names(served) == ["p_db"]


async def test_one_that_nobody_waits_for_stays(tmp_path: Path) -> None:
    served = Served(tmp_path)
    name = await begin(served.context, project(SHOP), "web", OneOff(dependencies=False))
    assert await names(served) == [name]


async def test_ports_of_its_own_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    served = Served(tmp_path)
    with pytest.raises(Unsupported, match="a port of a cluster"):
        await prepared(served.context, project(SHOP), "web", OneOff(ports=["80:80"]))
    assert not served.cluster.writes
