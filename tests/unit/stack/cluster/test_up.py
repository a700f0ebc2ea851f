"""``up`` on a cluster in memory: it converges, or it puts back what was there."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.contract.service_records import ClusterObject
from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.backends.fake.world import Call
from perry_ffi.compose import Project
from perry_ffi.errors import Conflict, NotFound, ServiceStartupFailed, Unsupported, ValidationError
from perry_ffi.stack import identity
from perry_ffi.stack.cluster import planning
from perry_ffi.stack.cluster.work import asked_for
from perry_ffi.stack.desired import desired
from perry_ffi.stack.options import Up
from perry_ffi.stack.up import promised, up
from tests.unit.stack.cluster.rig import Rig, project, shop

pytestmark = pytest.mark.anyio

ALL = {"p_api": 3, "p_db": 1, "p_migrate": 0, "p_side": 1, "p_web": 2}

WHOLE = """\
 1  create network  p_net                    missing
 2  create secret   p_password_0f5a7705ebd9  missing
 3  create config   p_schema_31747f7ca9c6    missing
 4  create service  p_db                     missing                   after 1 2
 5  create service  p_side                   missing                   after 1
 6  wait            db healthy               migrate depends on it     after 4
 7  create service  p_migrate                missing                   after 1 3 6
 8  wait            migrate completed        api depends on it         after 7
 9  create service  p_api                    missing                   after 1 8
10  wait            api started              web depends on it         after 9
11  create service  p_web                    missing                   after 1 10
12  wait            db ready                 up waits until it stands  after 4
13  wait            side ready               up waits until it stands  after 5
14  wait            migrate ready            up waits until it stands  after 7
15  wait            api ready                up waits until it stands  after 9
16  wait            web ready                up waits until it stands  after 11
"""


def command(service: str, words: str) -> Any:
    def change(document: dict[str, Any]) -> None:
        document["services"][service]["command"] = words

    return change


async def test_no_node_of_another_kind_gets_a_task(rig: Rig) -> None:
    rig.cluster.node("n2").platform = rig.cluster.node("n3").platform = "linux/arm64"
    await rig.up(shop())
    tasks = await rig.services.tasks([state.id for state in await rig.services.services()])
    assert {task.node_name for task in tasks} == {"n1"}


async def test_the_network_of_the_nodes_is_named_by_a_file(rig: Rig) -> None:
    outside = {"outside": {"external": True, "name": "host"}}
    wanted = project({"app": {"networks": ["outside"]}}, networks=outside)
    await rig.up(wanted)
    assert await rig.names() == {"p_app": 1}
    assert (await rig.up(wanted)).empty


async def test_what_is_missing_is_made_in_order(rig: Rig) -> None:
    await rig.up(shop())
    assert await rig.names() == ALL
    made = [call.subject for call in rig.cluster.calls if call.method == "create_service"]
    order = {name: made.index(name) for name in made}
    assert order["p_db"] < order["p_migrate"] < order["p_api"] < order["p_web"]


async def test_a_second_up_does_nothing_and_asks_little(rig: Rig) -> None:
    await rig.up(shop())
    rig.cluster.calls.clear()
    assert (await rig.up(shop())).empty
    assert not rig.cluster.writes
    assert len(rig.calls) <= 8
    assert await rig.plan(shop()) == "nothing to do\n"


async def test_down_leaves_nothing(rig: Rig) -> None:
    await rig.up(shop())
    report = await rig.down()
    assert report.errors == []
    assert (report.containers_removed, report.networks_removed) == (8, 1)
    assert await rig.state() == {"services": {}, "objects": set()}
    assert not any(node.tasks for node in rig.cluster.world.nodes.values())


async def test_the_plan_of_all_there_is(rig: Rig) -> None:
    assert await rig.plan(shop()) == WHOLE


async def test_a_changed_config_touches_only_who_uses_it(rig: Rig) -> None:
    await rig.up(shop())
    before = await rig.versions()

    def change(document: dict[str, Any]) -> None:
        document["configs"]["schema"]["content"] = "two"

    steps = await rig.up(shop(change))
    told = [(step.action.name, step.owner, step.cause) for step in steps.steps if step.action.name.startswith("update")]
    assert told == [("update service", "migrate", "config schema changed")]
    assert await rig.versions() == before
    configs = await rig.services.objects("config")
    assert len(configs) == 1
    assert await rig.plan(shop(change)) == "nothing to do\n"


async def test_only_the_number_changes(rig: Rig) -> None:
    await rig.up(shop())
    before = {task.id for task in await rig.services.tasks([state.id for state in await rig.services.services()])}

    def change(document: dict[str, Any]) -> None:
        document["services"]["web"]["scale"] = 4

    steps = await rig.up(shop(change))
    assert [(step.action.name, step.cause) for step in steps.steps][0] == ("scale service", "replicas 2 -> 4")
    after = {task.id for task in await rig.services.tasks([state.id for state in await rig.services.services()])}
    assert before < after
    assert await rig.names() == {**ALL, "p_web": 4}


async def test_a_new_digest_is_a_changed_image(rig: Rig) -> None:
    await rig.up(shop())
    rig.cluster.registry.digests["registry.example/app:1"] = "sha256:" + "ab" * 32
    told = await rig.plan(shop())
    assert "update service  p_side" in told
    assert "-> sha256:abababababab" in told
    await rig.up(shop())
    assert await rig.plan(shop()) == "nothing to do\n"


async def test_another_mode_is_another_service(rig: Rig) -> None:
    await rig.up(shop())

    def change(document: dict[str, Any]) -> None:
        document["services"]["side"]["deploy"] = {"mode": "global"}

    steps = await rig.up(shop(change))
    names = [step.action.name for step in steps.steps if step.owner == "side"]
    assert names == ["remove service", "create service", "wait"]
    assert await rig.names() == {**ALL, "p_side": 3}
    assert await rig.plan(shop(change)) == "nothing to do\n"


async def test_an_orphan_stays_unless_it_is_to_go(rig: Rig) -> None:
    await rig.up(shop())

    def change(document: dict[str, Any]) -> None:
        del document["services"]["side"]

    assert "p_side: an orphan, it stays" in await rig.plan(shop(change))
    await rig.up(shop(change), remove_orphans=True)
    assert "p_side" not in await rig.names()


async def test_another_network_takes_its_place(rig: Rig) -> None:
    await rig.up(shop())

    def change(document: dict[str, Any]) -> None:
        document["networks"]["net"] = {"driver_opts": {"encrypted": "true"}}

    await rig.up(shop(change))
    assert len(await rig.services.objects("network")) == 1
    assert await rig.names() == ALL
    assert await rig.plan(shop(change)) == "nothing to do\n"


async def test_what_crashes_at_first_leaves_nothing(tmp_path: Path) -> None:
    rig = Rig(tmp_path, migrate=TaskScript(exit_code=7, stdout="no such table\n"))
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(shop())
    told = caught.value.details
    assert (told["service"], told["task"], told["exitCode"], told["rolledBack"]) == ("migrate", "migrate.1", 7, True)
    assert told["logs"] == ["no such table"]
    assert told["node"].startswith("n")
    assert await rig.state() == {"services": {}, "objects": set()}


async def test_an_update_that_fails_puts_all_back(rig: Rig) -> None:
    await rig.up(shop())
    before, versions = await rig.state(), await rig.versions()

    def change(document: dict[str, Any]) -> None:
        document["services"]["db"]["command"] = "new"
        document["services"]["api"]["command"] = "new"
        document["configs"]["schema"]["content"] = "two"

    rig.behave["api"] = lambda task: TaskScript(exit_code=3) if task.definition.container.cmd else TaskScript()
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(shop(change))
    assert caught.value.details["service"] == "api"
    assert caught.value.details["rolledBack"] is True, caught.value.details
    assert await rig.state() == before
    assert await rig.versions() == versions
    assert await rig.plan(shop()) == "nothing to do\n"


async def test_what_keeps_failing_is_given_up(tmp_path: Path) -> None:
    rig = Rig(tmp_path, side=TaskScript(exit_code=1))
    with pytest.raises(ServiceStartupFailed, match=r"services.side: side.1: it keeps failing \(\d times so far\)"):
        await rig.up(shop())


async def test_what_no_node_takes_is_given_up(rig: Rig) -> None:
    def change(document: dict[str, Any]) -> None:
        document["services"]["side"]["deploy"] = {"placement": {"constraints": ["node.labels.disk == ssd"]}}

    with pytest.raises(ServiceStartupFailed, match="no suitable node") as caught:
        await rig.up(shop(change))
    assert caught.value.details["service"] == "side"


@pytest.mark.parametrize("content", ["", "x" * 1_024_000], ids=["empty", "too large"])
async def test_what_no_config_can_hold_is_refused_before_anything(rig: Rig, content: str) -> None:
    def change(document: dict[str, Any]) -> None:
        document["configs"]["schema"]["content"] = content

    with pytest.raises(ValidationError) as caught:
        await rig.up(shop(change))
    assert str(caught.value.details["path"]).startswith("configs.schema")
    assert "configs.schema" in caught.value.message
    assert not rig.cluster.writes


async def test_one_on_each_node_has_no_number(rig: Rig) -> None:
    def change(document: dict[str, Any]) -> None:
        document["services"]["side"]["deploy"] = {"mode": "global"}

    with pytest.raises(Unsupported) as caught:
        await rig.up(shop(change), scale={"side": 2})
    assert caught.value.details["path"] == "scale.side"
    assert not rig.cluster.writes


async def test_a_folder_that_a_node_has_not_is_told_as_it_says_it(tmp_path: Path) -> None:
    said = 'invalid mount config for type "bind": bind source path does not exist: /srv'
    rig = Rig(tmp_path, side=TaskScript(rejected=said))

    def change(document: dict[str, Any]) -> None:
        document["services"]["side"]["volumes"] = ["/srv:/srv"]

    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(shop(change))
    assert said in caught.value.message and caught.value.details["service"] == "side"
    assert await rig.state() == {"services": {}, "objects": set()}


async def test_a_port_that_another_project_takes_meanwhile_leaves_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def published(document: dict[str, Any]) -> None:
        document["services"]["side"]["ports"] = ["8080:80"]

    def another(document: dict[str, Any]) -> None:
        published(document)
        document["name"] = "q"

    await rig.up(shop(published))
    before = await rig.state()
    monkeypatch.setattr(planning, "refuse_taken", lambda *_: None)  # It looked before the other one came.
    with pytest.raises(Conflict, match="already in use by service 'p_side'"):
        await rig.up(shop(another))
    assert await rig.state() == before


async def test_cancelled_it_puts_back(rig: Rig) -> None:
    await rig.up(shop())
    before = await rig.state()
    slow = TaskScript(healthy_after=None, gives_up=10**6)
    rig.behave["db"] = lambda task: slow if task.definition.container.cmd else TaskScript()
    with anyio.move_on_after(0.2) as scope:
        await rig.up(shop(command("db", "slow")))
    assert scope.cancelled_caught
    assert await rig.state() == before


async def test_scaled_nothing_else_changes(rig: Rig) -> None:
    """Though the file says something else by now."""
    await rig.up(shop())
    before = await rig.versions()

    def change(document: dict[str, Any]) -> None:
        document["services"]["web"]["command"] = "new"
        document["networks"]["net"] = {"driver_opts": {"encrypted": "true"}}
        document["configs"]["schema"]["content"] = "two"

    options = {"services": ("web",), "scale": {"web": 3}, "no_recreate": True, "dependencies": False, "keep_networks": True}
    rig.cluster.calls.clear()
    await rig.up(shop(change), **options)
    assert [call.method for call in rig.cluster.writes] == ["scale_service"]
    assert await rig.versions() == before
    assert await rig.names() == {**ALL, "p_web": 3}


async def test_what_a_killed_up_left_is_found(tmp_path: Path) -> None:
    rig = Rig(tmp_path, migrate=TaskScript(exit_code=7))
    with pytest.raises(ServiceStartupFailed):
        await rig.up(shop(), rollback=False)
    assert set(await rig.names()) == {"p_db", "p_migrate", "p_side"}
    rig.behave["migrate"] = TaskScript(exit_code=0)
    steps = await rig.up(shop())
    assert [(step.owner, step.cause) for step in steps.steps if step.action.name == "restart service"] == [
        ("migrate", "it failed before")
    ]
    assert await rig.names() == ALL
    with pytest.raises(ServiceStartupFailed):
        rig.behave["migrate"] = TaskScript(exit_code=7)
        await rig.up(shop(command("migrate", "new")), rollback=False)
    assert (await rig.down()).errors == []
    assert await rig.state() == {"services": {}, "objects": set()}


async def test_what_still_starts_is_waited_for(tmp_path: Path) -> None:
    """An ``up`` that was killed as it waited has left nothing to do but to wait."""
    rig = Rig(tmp_path, side=TaskScript(prepares=10**4))
    async with anyio.create_task_group() as group:
        group.start_soon(partial(rig.up, shop(), rollback=False))
        while not {"p_side", "p_web"} <= (await rig.names()).keys():
            await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    assert (await rig.names())["p_side"] == 0
    told = await rig.plan(shop())
    assert "wait  side ready  up waits until it stands" in told
    rig.cluster.clock.move(10**4)
    assert [step.action.name for step in (await rig.up(shop())).steps] == []


async def test_somebody_else_is_faster(rig: Rig) -> None:
    """It is planned anew, of what is there then."""
    await rig.up(shop())
    hit = False

    async def meddle(call: Call, moment: str) -> None:
        nonlocal hit
        if call.method == "update_service" and moment == "before" and not hit:
            hit = True
            state = await rig.services.service("p_side")
            await rig.services.update_service(
                state, replace(rig.cluster.service("p_side").definition, labels={**state.labels, "x": "y"})
            )

    rig.backend.interrupt = meddle
    seen = rig.bus.subscribe()

    def change(document: dict[str, Any]) -> None:
        document["services"]["side"]["command"] = "new"

    await rig.up(shop(change))
    told = [record for record in await seen.next() or () if record["kind"] == "warning"]
    assert "planned anew" in told[0]["message"]
    assert await rig.plan(shop(change)) == "nothing to do\n"


async def test_what_depends_on_it_follows_a_restart(rig: Rig) -> None:
    def follow(document: dict[str, Any]) -> None:
        document["services"]["web"]["depends_on"] = {"api": {"condition": "service_started", "restart": True}}

    def change(document: dict[str, Any]) -> None:
        follow(document)
        document["services"]["api"]["command"] = "new"

    await rig.up(shop(follow))
    told = [(step.action.name, step.owner, step.cause) for step in (await rig.up(shop(change))).steps]
    assert ("restart service", "web", "api is replaced") in told


async def test_all_are_made_anew_where_that_is_asked_for(rig: Rig) -> None:
    await rig.up(shop())
    steps = await rig.up(shop(), force_recreate=True, services=("side",))
    assert [(step.action.name, step.owner, step.cause) for step in steps.steps][0] == ("restart service", "side", "asked for")
    assert await rig.plan(shop()) == "nothing to do\n"


async def test_what_needs_more_than_its_file_has_is_refused_before_anything(rig: Rig) -> None:
    def change(document: dict[str, Any]) -> None:
        document["networks"]["net"] = {"external": True}

    with pytest.raises(NotFound, match="networks: net is external"):
        await rig.up(shop(change))

    def with_a_hook(document: dict[str, Any]) -> None:
        document["services"]["side"]["post_start"] = [{"command": "x"}]

    with pytest.raises(Unsupported, match="services.side.post_start"):
        await rig.up(shop(with_a_hook))
    assert rig.cluster.writes == []


async def test_a_plan_that_was_made_before_holds(rig: Rig) -> None:
    _, promise = await promised(rig.context, shop(), Up())
    await up(rig.context, shop(), Up(), promise)
    assert await rig.names() == ALL
    _, promise = await promised(rig.context, shop(command("side", "new")), Up())
    await rig.up(shop(command("side", "other")))
    with pytest.raises(Conflict, match="service side changed"):
        await up(rig.context, shop(command("side", "new")), Up(), promise)


async def test_two_at_once_take_turns(rig: Rig) -> None:
    done = []

    async def one(words: str) -> None:
        done.append((await rig.up(shop(command("side", words)))).empty)

    async with anyio.create_task_group() as group:
        for words in ("one", "two"):
            group.start_soon(one, words)
    assert done == [False, False]
    assert await rig.names() == ALL
    assert len(await rig.services.objects("network")) == 1


async def test_a_network_that_is_listed_and_gone_is_made_anew(rig: Rig) -> None:
    """One that was removed may be listed for as long as a node has a container on it."""
    await rig.up(shop())
    await rig.down()
    ghosts = rig.services.objects

    async def objects(kind: str, labels: Any = None) -> list[ClusterObject]:
        digest = network_digest(shop())
        labels = {identity.PROJECT: "p", identity.NETWORK: "net", identity.CONFIG_HASH: digest}
        found = [ClusterObject("network", "ghost", "p_net", labels)] if kind == "network" else []
        return [*found, *await ghosts(kind, None)]

    rig.services.objects = objects  # type: ignore[method-assign]
    await rig.up(shop())
    assert await rig.names() == ALL


def network_digest(wanted: Project) -> str:
    return desired(wanted, Up(), {}).networks["net"].digest


# -- what has ended -----------------------------------------------------------------------------------


LATER = TaskScript(exit_code=0, seconds=1e5)
"""Ends well, long after every up."""


def in_turn(*scripts: TaskScript) -> Any:
    """One task after the other; the last script goes for all that follow."""
    left = list(scripts)
    return lambda task: left.pop(0) if len(left) > 1 else left[0]


async def ended(rig: Rig, name: str) -> None:
    rig.cluster.clock.move(2e5)
    (task,) = await rig.services.tasks([(await rig.services.service(f"p_{name}")).id])
    assert task.state == "complete"


def changed(steps: Any) -> list[tuple[str, str, str]]:
    return [(step.action.name, step.owner, step.cause) for step in steps.steps if step.action.name != "wait"]


async def test_what_others_need_healthy_and_has_ended_is_started_again(tmp_path: Path) -> None:
    rig = Rig(tmp_path, db=in_turn(LATER, TaskScript()))
    await rig.up(shop())
    await ended(rig, "db")
    steps = await rig.up(shop())
    assert changed(steps) == [("restart service", "db", "it ended, and others wait until it is healthy")]
    assert [step.action.target for step in steps.steps if step.action.name == "wait"] == ["db healthy", "db ready"]
    assert await rig.names() == ALL
    assert await rig.plan(shop()) == "nothing to do\n", "what migrates is done, and stays so"


async def test_its_former_end_is_not_the_end_of_those_that_follow(tmp_path: Path) -> None:
    """A service that waits for it is changed in the same up: what is told is of the new task, which takes its time."""
    rig = Rig(tmp_path, db=in_turn(LATER, TaskScript(prepares=60.0, healthy_after=60.0)))
    await rig.up(shop())
    await ended(rig, "db")
    await rig.up(shop(command("migrate", "other")))
    db, migrate = [(await rig.services.tasks([(await rig.services.service(f"p_{name}")).id]))[-1] for name in ("db", "migrate")]
    assert db.state == "running" and db.changed < migrate.created


async def test_one_that_ends_again_before_it_is_healthy_is_told(tmp_path: Path) -> None:
    rig = Rig(tmp_path, db=in_turn(LATER, TaskScript(exit_code=0, healthy_after=None)))
    await rig.up(shop())
    await ended(rig, "db")
    with pytest.raises(ServiceStartupFailed, match=r"services\.db") as caught:
        await rig.up(shop())
    assert caught.value.details["condition"] == "healthy"


@pytest.mark.parametrize("job", [{"restart": "no"}, {"deploy": {"mode": "replicated-job"}}, {}])
async def test_what_is_to_end_stays_done(tmp_path: Path, job: dict[str, Any]) -> None:
    rig = Rig(tmp_path, job=TaskScript(exit_code=0))
    wanted = project({"job": job, "web": {"depends_on": ["job"]}})
    await rig.up(wanted)
    await ended(rig, "job")
    assert await rig.plan(wanted) == "nothing to do\n"
    again = project({"job": job, "web": {"command": "other", "depends_on": ["job"]}})
    assert changed(await rig.up(again)) == [("update service", "web", "config-hash")]


async def test_what_others_wait_for_to_end_is_to_end_whoever_else_needs_it(rig: Rig) -> None:
    def needs(name: str, condition: str, **more: bool) -> dict[str, Any]:
        return {"depends_on": {name: {"condition": f"service_{condition}", **more}}}

    services = {
        "a": {}, "b": {}, "c": {}, "d": {"deploy": {"mode": "global-job"}}, "e": {"restart": "no"},
        "1": needs("a", "healthy"), "2": needs("b", "healthy"), "3": needs("b", "completed_successfully"),
        "4": needs("c", "healthy", required=False), "5": needs("d", "healthy"), "6": needs("e", "healthy"),
    }  # fmt: skip
    work = await asked_for(rig.context, project(services), Up())
    assert [key for key, service in work.wanted.services.items() if service.stays] == ["a", "e"]
