"""A port of every node is one service's: found before anything is touched."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import Conflict, ValidationError
from perry_ffi.stack.options import Up
from perry_ffi.stack.up import plan
from tests.unit.stack.cluster.rig import Rig, project

pytestmark = pytest.mark.anyio

HOST = {"target": 80, "published": "80", "mode": "host"}


def publishing(**ports: Any) -> Any:
    """A project of services with these ports."""
    return project({name: {"ports": rows} for name, rows in ports.items()})


async def refused(rig: Rig, wanted: Any, kind: type[Any] = ValidationError, **options: Any) -> Any:
    """What ``up`` and ``plan`` say to it; neither of them touches anything."""
    before, writes = await rig.state(), len(rig.cluster.writes)
    with pytest.raises(kind) as caught:
        await rig.up(wanted, **options)
    with pytest.raises(kind) as planned:
        await plan(rig.context, wanted, Up(**options))
    assert (await rig.state(), len(rig.cluster.writes)) == (before, writes)
    assert planned.value.message == caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("a", "b", "path", "other"),
    [
        (["80:80"], ["81:81", "80:8080"], "services.b.ports[1]", "services.a.ports[0]"),
        (["80:80"], [HOST], "services.b.ports[0]", "services.a.ports[0]"),
        ([HOST], ["80:80"], "services.b.ports[0]", "services.a.ports[0]"),
        (["80:80/udp"], ["78-80:78-80/udp"], "services.b.ports[2]", "services.a.ports[0]"),
    ],
)
async def test_two_services_of_a_file_are_both_named(rig: Rig, a: Any, b: Any, path: str, other: str) -> None:
    error = await refused(rig, publishing(a=a, b=b))
    assert error.details["paths"] == [other, path] and error.details["path"] == path
    assert error.details["port"].startswith("80/") and path in error.message and other in error.message


async def test_what_may_be_published_beside_each_other(rig: Rig) -> None:
    wanted = publishing(
        a=["80:80"],
        b=["80:80/udp"],
        c=["81", "82:80"],
        d=["81"],
        e=[{**HOST, "published": "83"}],
        f=[{**HOST, "published": "83"}],
    )
    await rig.up(wanted)
    assert (await rig.up(wanted)).empty


async def test_a_service_of_the_file_that_stays_as_it_is_has_its_port(rig: Rig) -> None:
    await rig.up(publishing(a=["80:80"]))
    error = await refused(rig, publishing(a=["80:80"], b=["80:80"]), services=["b"])
    assert error.details["paths"] == ["services.a.ports[0]", "services.b.ports[0]"]


async def test_another_projects_service_is_named(rig: Rig) -> None:
    await rig.up(project({"web": {"ports": ["80:80"]}}, name="q"))
    error = await refused(rig, publishing(a=["80:8080"]), Conflict)
    assert error.details["path"] == "services.a.ports[0]"
    assert (error.details["heldBy"], error.details["project"], error.details["port"]) == ("q_web", "q", "80/tcp")
    assert "p_a" not in await rig.names()


async def test_an_orphan_has_its_port_until_it_is_gone(rig: Rig) -> None:
    await rig.up(publishing(a=["80:80"]))
    error = await refused(rig, publishing(b=["80:80"]), Conflict, remove_orphans=True)
    assert error.details["heldBy"] == "p_a"


async def test_a_port_that_goes_and_its_own_port_are_free(rig: Rig) -> None:
    await rig.up(publishing(a=["80:80"]))
    await rig.up(publishing(a=["81:80", "80:81"]))
    await rig.up(publishing(a=["81:80"]))
    await rig.up(publishing(a=["81:80"], b=["80:80"]))
    assert await rig.names() == {"p_a": 1, "p_b": 1}


async def test_others_are_looked_at_in_the_same_call_and_only_where_ports_are_published(rig: Rig) -> None:
    await rig.up(publishing(a=["80:80"]))
    rig.cluster.calls.clear()
    assert (await rig.up(publishing(a=["80:80"]))).empty
    assert rig.calls.count("services") == 1
