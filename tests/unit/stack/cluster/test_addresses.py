from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import ValidationError
from tests.unit.stack.cluster.rig import Rig, project, shop

pytestmark = pytest.mark.anyio

DNSRR = {"endpoint_mode": "dnsrr"}


def many(tasks: int, deploy: dict[str, Any] | None = None, net: dict[str, Any] | None = None, **services: Any) -> Any:
    """``a`` with so many tasks on ``net``."""
    row = {"deploy": {"replicas": tasks, **(deploy or {})}, "networks": ["net"]}
    return project({"a": row, **services}, networks={"net": net or {}})


def small(subnet: str) -> dict[str, Any]:
    return {"ipam": {"config": [{"subnet": subnet}]}}


FITS = [
    # A /24 has 253 beside its own: one for the service, one on each of three nodes, the others for tasks.
    (many(249), 250),
    (many(250, DNSRR), 251),
    (many(9, net=small("10.9.0.0/28")), 10),
    (many(10, DNSRR, small("10.9.0.0/28")), 11),
    # Tasks of one node take one node's address.
    (many(11, {"placement": {"constraints": ["node.hostname == n1"]}}, small("10.9.0.0/28")), 12),
]


@pytest.mark.parametrize(("fits", "too_many"), FITS, ids=range(len(FITS)))
async def test_tasks_services_and_nodes_need_one_each(rig: Rig, fits: Any, too_many: int) -> None:
    """Seen on docker 20.10: of a /28, three nodes leave nine tasks of a service with an address of its own, and ten without."""
    assert "create service" in await rig.plan(fits)
    deploy = fits.to_dict()["services"]["a"]["deploy"]
    with pytest.raises(ValidationError) as caught:
        await rig.plan(many(too_many, {k: v for k, v in deploy.items() if k != "replicas"}, fits.to_dict()["networks"]["net"]))
    told = caught.value.details
    assert (told["path"], told["network"], told["tasks"], told["needed"] - told["addresses"]) == (
        "networks.net",
        "p_net",
        too_many,
        1,
    )
    assert f"{too_many} tasks of a" in caught.value.message
    assert "networks.net.ipam.config" in told["remedy"] and "subnet" in told["remedy"]


async def test_the_remedy_is_one(rig: Rig) -> None:
    with pytest.raises(ValidationError, match="604 addresses are needed") as caught:
        await rig.plan(many(600))
    assert "a /22 at least" in caught.value.details["remedy"]
    assert "create service" in await rig.plan(many(600, net=small("10.8.0.0/22")))


async def test_what_runs_on_each_node_counts_them(tmp_path: Path) -> None:
    rows = {name: {"deploy": {"mode": "global"}, "networks": ["net"]} for name in "abc"}
    wanted = project(rows, networks={"net": small("10.9.0.0/28")})
    assert "create service" in await Rig(tmp_path, nodes=2).plan(wanted)
    with pytest.raises(ValidationError, match="9 tasks of a, b, c, 3 services with an address of their own, 3 nodes"):
        await Rig(tmp_path, nodes=3).plan(wanted)


async def test_successors_beside_those_that_they_replace_need_theirs(rig: Rig) -> None:
    """Not where no task is replaced, as in a first ``up`` and where there is nothing to do."""
    beside = {"update_config": {"order": "start-first", "parallelism": 3}}
    wanted = many(9, beside, small("10.9.0.0/28"))
    await rig.up(wanted)
    assert await rig.plan(wanted) == "nothing to do\n"
    fewer = many(8, beside, small("10.9.0.0/28"))
    assert "scale service" in await rig.plan(fewer)
    with pytest.raises(ValidationError, match="3 beside those that they replace"):
        await rig.plan(wanted, force_recreate=True)


async def test_who_is_there_and_is_not_asked_for_counts(rig: Rig) -> None:
    both = many(5, net=small("10.9.0.0/28"), b={"networks": ["net"], "deploy": {"replicas": 3, **DNSRR}})
    await rig.up(both)
    with pytest.raises(ValidationError, match="11 tasks of a, b"):
        await rig.up(many(8, net=small("10.9.0.0/28"), b={"networks": ["net"]}), services=("a",))


async def test_nodes_are_counted_only_where_they_decide(rig: Rig) -> None:
    await rig.plan(shop())
    assert "nodes" not in rig.calls
    await rig.plan(many(200))
    assert "nodes" in rig.calls
