"""One edit of every kind of a project on a cluster: which tasks it replaces, and that an edit back leaves nothing behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.compose import Project, load_document
from tests.unit.stack import test_edits as of_containers
from tests.unit.stack.cluster.rig import IMAGE, Rig

pytestmark = pytest.mark.anyio

NOTHING = "nothing to do\n"
APP: dict[str, Any] = {
    "environment": {"A": "1", "B": "2"}, "labels": {"a": "1"}, "networks": {"front": {"aliases": ["x", "y"]}, "back": None},
    "volumes": ["data:/data", "other:/other", "/scratch"], "configs": ["c"], "secrets": ["s"], "depends_on": ["db"],
    "ports": ["80", "81"], "cap_add": ["CHOWN", "KILL"], "expose": ["90", "91"], "dns": ["1.1.1.1", "2.2.2.2"],
    "command": ["serve"], "x-own": "1",
}  # fmt: skip


def document(app: dict[str, Any] | None = None, web: dict[str, Any] | None = None, secret: str = "1", **sections: Any) -> Project:
    """Three services in a row; ``app`` has something of every kind, and is the one that is edited; ``web`` follows its restarts."""
    rows = {
        "networks": {"front": {}, "back": {}}, "volumes": {"data": {}, "other": {}}, "configs": {"c": {"content": "1"}},
        "secrets": {"s": {"environment": "SECRET"}}, **sections,
    }  # fmt: skip
    edge = {"condition": "service_started", "restart": True}
    services = {
        "app": {**APP, **(app or {})}, "db": {"networks": ["back"]},
        "web": {"depends_on": {"app": edge}, "networks": ["front"], **(web or {})},
    }  # fmt: skip
    filled = {name: {"image": IMAGE, **row} for name, row in services.items()}
    return load_document({"name": "p", "services": filled, **rows}, env={"SECRET": secret}, working_directory="/")


REPLACES = {
    **{name: row for name, row in of_containers.RECREATED.items() if name not in ("image", "pre_stop", "privileged")},
    "placement": {"deploy": {"placement": {"constraints": ["node.role == manager"]}}},
    "max_replicas_per_node": {"deploy": {"placement": {"max_replicas_per_node": 2}}},
    "endpoint_mode": {"deploy": {"endpoint_mode": "dnsrr"}, "ports": []},
    "restart_policy": {"deploy": {"restart_policy": {"condition": "any"}}},
    "reservations": {"deploy": {"resources": {"reservations": {"cpus": "0.1"}}}},
}
LEFT_ALONE = {
    **{name: row for name, row in of_containers.LEFT_ALONE.items() if name != "update_config"},
    "an empty deploy": {"deploy": {}}, "the mode that it has": {"deploy": {"mode": "replicated", "endpoint_mode": "vip"}},
    "the policy that it has": {"deploy": {"update_config": {"parallelism": 1, "order": "stop-first", "failure_action": "rollback"}}},
    "an empty restart policy": {"deploy": {"restart_policy": {}, "labels": {}, "placement": {}}},
}  # fmt: skip
BESIDE: dict[str, dict[str, Any]] = {
    "labels": {"labels": {"team": "shop"}},
    "update_config": {"update_config": {"parallelism": 2, "order": "start-first"}},
    "rollback_config": {"rollback_config": {"parallelism": 0}},
    "a job": {"mode": "replicated-job"},
}
"""Of ``deploy``, and nothing of any task."""
ANOTHER: dict[str, tuple[dict[str, Any], str]] = {
    "a volume's options": ({"volumes": {"data": {"driver_opts": {"type": "nfs"}}, "other": {}}}, "volume data changed"),
    "a volume's name": ({"volumes": {"data": {"name": "kept"}, "other": {}}}, "config-hash"),
    "a config": ({"configs": {"c": {"content": "2"}}}, "config c changed"),
    "a secret": ({"secret": "2"}, "secret s changed"),
    "a network": ({"networks": {"front": {}, "back": {"labels": {"a": "b"}}}}, "network p_back changed"),
    "a network's name": ({"networks": {"front": {}, "back": {"name": "other"}}}, "network other changed, config-hash"),
    "what links call it": ({"web": {"links": ["app:linked"]}}, "config-hash"),
}


async def changes(rig: Rig, wanted: Project) -> list[str]:
    """What is done with ``app``, as the plan says it."""
    lines = [" ".join(line.split()) for line in (await rig.plan(wanted)).splitlines()]
    return [line.partition(" ")[2].partition(" after ")[0] for line in lines if " service p_app" in line]


async def test_what_an_edit_does(rig: Rig) -> None:
    """Of each only the plan, which shows what ``up`` would do."""
    await rig.up(document())
    for name, row in REPLACES.items():
        assert await changes(rig, document(row)) == ["update service p_app config-hash"], name
        assert "restart service p_web app is replaced" in " ".join((await rig.plan(document(row))).split()), name
    for name, row in LEFT_ALONE.items():
        assert await rig.plan(document(row)) == NOTHING, name
    for name, row in BESIDE.items():
        assert await changes(rig, document({"deploy": row})) == ["update service p_app labels or update policy changed"], name
        assert "p_web" not in await rig.plan(document({"deploy": row})), name
    for name, (sections, cause) in ANOTHER.items():
        assert await changes(rig, document(**sections)) == [f"update service p_app {cause}"], name
    assert "nodes that have the volume p_data keep it" in await rig.plan(document(**ANOTHER["a volume's options"][0]))
    scaled = await rig.plan(document({"deploy": {"replicas": 2}}))
    assert "scale service  p_app" in scaled and "p_web" not in scaled


async def test_an_old_config_goes_last(rig: Rig) -> None:
    """While a task of a service may still have it, an engine does not let it go."""
    await rig.up(document())
    rig.cluster.calls.clear()
    steps = (await rig.up(document(**ANOTHER["a config"][0]))).steps
    names = [step.action.name for step in steps]
    assert (names[0], names[-1]) == ("create config", "remove config")
    writes = [call.method for call in rig.cluster.writes]
    assert writes.index("create_file") < writes.index("update_service") < writes.index("remove_object") == len(writes) - 1


async def tasks(rig: Rig) -> dict[str, list[str]]:
    """The ids of the tasks that run, by service."""
    return {
        state.name: sorted(task.id for task in await rig.services.tasks([state.id]) if task.wanted)
        for state in await rig.services.services()
    }


CARRIED_OUT: dict[str, tuple[dict[str, Any], set[str]]] = {
    "labels": ({"app": {"deploy": {"labels": {"team": "shop"}, "update_config": {"parallelism": 2}}}}, set()),
    "replicas": ({"app": {"deploy": {"replicas": 2}}}, set()),
    "command": ({"app": {"command": ["other"]}}, {"p_app", "p_web"}),
    "a config": ({"configs": {"c": {"content": "2"}}}, {"p_app", "p_web"}),
    "an owner": ({"app": {"configs": ["c", {"source": "c", "target": "/d", "mode": 0o400}]}}, {"p_app", "p_web"}),
    "a network's name": ({"networks": {"front": {}, "back": {"name": "other"}}}, {"p_app", "p_db", "p_web"}),
    "a network's label": ({"networks": {"front": {}, "back": {"labels": {"a": "b"}}}}, {"p_app", "p_db", "p_web"}),
    "what links call it": ({"web": {"links": ["app:linked"]}}, {"p_app", "p_web"}),
}


@pytest.mark.parametrize("edit", CARRIED_OUT)
async def test_an_edit_and_back(tmp_path: Path, edit: str) -> None:
    """It replaces the tasks of these services and of no other; nothing is doubled, and nothing of either is left over."""
    sections, replaced = CARRIED_OUT[edit]
    rig = Rig(tmp_path)
    await rig.up(document())
    before, ran = await rig.state(), await tasks(rig)
    await rig.up(document(**sections))
    now = await tasks(rig)
    assert {name for name, ids in ran.items() if not set(ids) <= set(now[name])} == replaced
    assert await rig.plan(document(**sections)) == NOTHING
    await rig.up(document())
    assert await rig.plan(document()) == NOTHING
    after = await rig.state()
    assert {(kind, name.partition("_")[0]) for kind, name, _ in after["objects"]} == {
        (kind, name.partition("_")[0]) for kind, name, _ in before["objects"]
    }
    assert len(after["objects"]) == len(before["objects"])
    assert {name: row[:3] for name, row in after["services"].items()} == {
        name: row[:3] for name, row in before["services"].items()
    }
    assert (await rig.down()).errors == []
    assert await rig.state() == {"services": {}, "objects": set()}


async def test_all_anew_and_another_number_at_once(rig: Rig) -> None:
    await rig.up(document())
    ran = await tasks(rig)
    await rig.up(document({"scale": 2}), force_recreate=True)
    now = await tasks(rig)
    assert {name: len(ids) for name, ids in now.items()} == {"p_app": 2, "p_db": 1, "p_web": 1}
    assert not {ident for ids in ran.values() for ident in ids} & {ident for ids in now.values() for ident in ids}


@pytest.mark.parametrize("mode", ["replicated", "global"])
async def test_what_ended_well_is_made_anew_though_nobody_waits_for_it(rig: Rig, mode: str) -> None:
    """An engine takes its end for a failed update, unless it is told before."""
    rig.behave["app"] = TaskScript(exit_code=0)
    wanted = document({"deploy": {"mode": mode}})
    await rig.up(wanted)
    assert await rig.plan(wanted) == NOTHING
    await rig.up(wanted, force_recreate=True)
    assert await rig.plan(wanted) == NOTHING
    await rig.up(document({"deploy": {"mode": mode}, "command": ["other"]}))
