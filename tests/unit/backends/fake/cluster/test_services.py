"""The contract's calls over the cluster in memory: versions, objects, faults and streams."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest

from perry_ffi.backends.contract.service_definition import FileUse, NetworkUse, PortUse
from perry_ffi.backends.contract.services import is_uncertain
from perry_ffi.backends.fake import FakeBackend
from perry_ffi.backends.fake.cluster import FakeCluster
from perry_ffi.errors import BackendError, BackendNotAvailable, Conflict, NotFound, Unsupported, ValidationError
from perry_ffi.model.container import LogOptions
from perry_ffi.model.network import NetworkSpec
from tests.unit.backends.fake.cluster.rig import Rig, definition, script

pytestmark = pytest.mark.anyio


async def test_the_event_loop_drives_it() -> None:
    cluster = FakeCluster(script=script)
    services = FakeBackend(cluster=cluster).services
    assert services is not None
    await services.create_service(definition())
    assert (await services.service("p_web")).running == 0
    with anyio.fail_after(10):
        while (await services.service("p_web")).running < 3:
            await anyio.sleep(0.001)


async def test_what_is_stale_is_refused() -> None:
    rig = Rig()
    state = await rig.created(definition())
    await rig.services.update_service(state, definition("web:2"))
    for call in (
        rig.services.update_service(state, definition("web:3")),
        rig.services.restore_service(state, state),
        rig.services.scale_service(state, 1),
        rig.services.restart_service(state),
    ):
        with pytest.raises(Conflict, match="out of sequence"):
            await call
    assert (await rig.state()).image == "web:2"


async def test_an_update_that_goes_on_makes_it_stale_too() -> None:
    rig = Rig()
    await rig.created(definition())
    before = await rig.updated(definition("web:2"), 0)
    await rig.after(60)
    with pytest.raises(Conflict):
        await rig.services.update_service(before, definition("web:3"))


async def test_restored_it_is_what_it_was_whole() -> None:
    rig = Rig()
    former = await rig.created(definition(labels={"a": "b"}))
    await rig.updated(definition("web:2", replicas=5))
    await rig.services.restore_service(await rig.state(), former)
    state = await rig.after(60)
    assert replace(state, version=former.version, update=None) == former
    assert await rig.images() == {"web:1": 3}


async def test_one_that_is_gone_is_made_again_whole() -> None:
    rig = Rig()
    former = await rig.created(definition(labels={"a": "b"}))
    await rig.services.remove_service(former.id)
    await rig.services.restore_service(None, former)
    state = await rig.after(30)
    assert (state.labels, state.image, state.running) == (former.labels, former.image, 3)
    with pytest.raises(Conflict):
        await rig.services.restore_service(None, former)


async def test_scaled_it_changes_its_number_and_labels_alone() -> None:
    rig = Rig()
    state = await rig.created(definition(labels={"a": "b", "c": "d"}))
    before = {task.id for task in await rig.wanted()}
    await rig.services.scale_service(state, 5, {"a": None, "e": "f"})
    state = await rig.after(30)
    assert (state.wanted, state.running, state.labels, state.update) == (5, 5, {"c": "d", "e": "f"}, None)
    assert before < {task.id for task in await rig.wanted()}
    assert sorted(task.slot for task in await rig.wanted()) == [1, 2, 3, 4, 5]
    await rig.services.scale_service(state, 0)
    assert (await rig.after(30)).running == 0
    assert await rig.tasks() == []


async def test_on_each_node_it_has_no_number() -> None:
    rig = Rig()
    state = await rig.created(definition(replicas=None))
    assert (state.everywhere, state.wanted, state.running) == (True, 3, 3)
    assert {task.slot for task in await rig.tasks()} == {0}
    with pytest.raises(Unsupported):
        await rig.services.scale_service(state, 2)
    with pytest.raises(Unsupported, match="mode"):
        await rig.services.update_service(state, definition())
    state = await rig.updated(definition("web:2", replicas=None))
    assert await rig.images() == {"web:2": 3}
    rig.cluster.drain("n2")
    assert (await rig.after(30)).running == 2


async def test_names_and_ports_that_are_taken() -> None:
    rig = Rig()
    published = (PortUse(80, 8080),)
    await rig.created(definition(ports=published))
    with pytest.raises(Conflict, match="name is taken"):
        await rig.services.create_service(definition())
    with pytest.raises(Conflict, match="ingress port"):
        await rig.services.create_service(definition(name="p_other", ports=published))
    with pytest.raises(ValidationError):
        await rig.services.create_service(definition(name="p_other", ports=published, endpoint="dnsrr"))
    with pytest.raises(ValidationError):
        await rig.services.create_service(definition(name="p.other"))
    await rig.services.remove_service("p_web")
    await rig.services.create_service(definition(name="p_other", ports=published))


async def test_files_in_use_stay() -> None:
    rig = Rig()
    idents = {kind: await rig.services.create_file(kind, f"p_{kind}", b"x", {"a": "b"}) for kind in ("config", "secret")}
    uses = {f"{kind}s": (FileUse(ident, f"p_{kind}", "/f"),) for kind, ident in idents.items()}
    await rig.created(definition(**uses))
    for kind, ident in idents.items():
        assert [found.id for found in await rig.services.objects(kind, {"a": None})] == [ident]
        with pytest.raises(Conflict, match="in use by p_web"):
            await rig.services.remove_object(kind, ident)
        with pytest.raises(Conflict, match="taken"):
            await rig.services.create_file(kind, f"p_{kind}", b"y", {})
    await rig.updated(definition())
    for kind, ident in idents.items():
        await rig.services.remove_object(kind, ident)
        with pytest.raises(NotFound):
            await rig.services.remove_object(kind, ident)
    with pytest.raises(ValidationError):
        await rig.services.create_file("secret", "big", b"x" * 512_000, {})


async def test_a_removed_network_is_not_told_and_lingers_until_its_last_task_is_gone() -> None:
    rig = Rig()
    ident = await rig.services.create_network("p_net", NetworkSpec(labels={"a": "b"}))
    on_it = definition("tough:1", networks=(NetworkUse(ident),))
    await rig.created(on_it)
    with pytest.raises(Conflict, match="in use"):
        await rig.services.remove_object("network", ident)
    await rig.services.remove_service("p_web")
    await rig.services.remove_object("network", ident)
    assert await rig.services.objects("network") == []
    with pytest.raises(NotFound):
        await rig.services.create_service(on_it)
    new = await rig.services.create_network("p_net", NetworkSpec())
    assert [found.id for found in await rig.services.objects("network")] == [new]
    assert ident in rig.cluster.world.resources
    rig.cluster.clock.move(11)
    assert ident not in rig.cluster.world.resources


async def test_what_is_asked_for_is_done_a_moment_after_the_answer() -> None:
    rig = Rig()
    ident = await rig.services.create_network("p_net", NetworkSpec())
    assert [(net.driver, net.subnets) for net in await rig.services.objects("network")] == [("", ())]
    state = await rig.created(definition(), 0)
    assert await rig.tasks() == []
    assert [(net.id, len(net.subnets)) for net in await rig.services.objects("network")] == [(ident, 0)]
    await rig.after(30)
    assert [(net.driver, len(net.subnets)) for net in await rig.services.objects("network")] == [("overlay", 1)]
    state = await rig.updated(definition("web:2"), 0)
    assert (state.update, state.running, state.image) == (None, 3, "web:2")
    assert (await rig.after(0.1)).update is not None
    await rig.services.remove_service(state.id)
    assert {task.wanted for task in await rig.services.tasks([state.id])} == {True, False}


async def test_images_are_resolved_by_a_table() -> None:
    rig = Rig(digests={"web:1": "sha256:" + "a" * 64}, missing={"gone:1"})
    assert (await rig.services.resolve_image("web:1")).reference == "web:1@sha256:" + "a" * 64
    first = await rig.services.resolve_image("web:2")
    assert await rig.services.resolve_image("web:2") == first
    rig.cluster.registry.push("web:2")
    assert await rig.services.resolve_image("web:2") != first
    with pytest.raises(NotFound):
        await rig.services.resolve_image("gone:1")


async def test_the_nth_call_of_a_kind_fails_and_does_nothing() -> None:
    rig = Rig()
    rig.cluster.faults.fail("create_service", 2)
    await rig.services.create_service(definition())
    with pytest.raises(BackendError) as caught:
        await rig.services.create_service(definition(name="p_b"))
    assert not is_uncertain(caught.value)
    await rig.services.create_service(definition(name="p_b"))
    assert rig.cluster.counts == {"create_service": 3}


@pytest.mark.parametrize(("outcome", "at_once", "then"), [("lost", 1, 1), ("later", 0, 1), ("never", 0, 0)])
async def test_an_answer_that_tells_nothing(outcome: str, at_once: int, then: int) -> None:
    rig = Rig()
    rig.cluster.faults.fail(outcome=outcome)  # type: ignore[arg-type]
    with pytest.raises(BackendError) as caught:
        await rig.services.create_service(definition())
    assert is_uncertain(caught.value)
    assert len(await rig.services.services()) == at_once
    rig.cluster.clock.move(2)
    assert len(await rig.services.services()) == then


async def test_an_outage_is_answered_to_each_call() -> None:
    rig = Rig()
    rig.cluster.faults.outage = BackendError("no leader", backend="fake", status=500)
    for _ in range(2):
        with pytest.raises(BackendError, match="no leader"):
            await rig.services.services()
    rig.cluster.faults.outage = None
    assert await rig.services.services() == []


@pytest.mark.parametrize("carries_out", [True, False])
async def test_without_a_leader_nobody_knows(carries_out: bool) -> None:
    rig = Rig()
    rig.cluster.lose_leader(5, carries_out=carries_out)
    with pytest.raises(BackendNotAvailable):
        await rig.services.services()
    with pytest.raises(BackendError) as caught:
        await rig.services.create_service(definition())
    assert is_uncertain(caught.value)
    rig.cluster.clock.move(6)
    assert len(await rig.services.services()) == carries_out


async def test_logs_of_each_task_and_over_updates() -> None:
    rig = Rig()
    state = await rig.created(definition())
    told = await rig.services.logs(state.id, LogOptions())
    lines = await told.next()
    assert lines is not None and [(line.text, line.stream) for line in lines] == [("up\n", "stdout")] * 3
    assert {line.task for line in lines} == {task.id for task in await rig.tasks()}
    assert await told.next() is None
    followed = await rig.services.logs(state.id, LogOptions(tail=0), follow=True)
    await rig.updated(definition("web:2"))
    more = await followed.next()
    assert more is not None and len(more) == 3
    await followed.aclose()
    assert await followed.next() is None
    one = await rig.services.logs(more[0].task, LogOptions(), task=True)
    assert await one.next() == [more[0]]


async def test_changes_are_told_from_then_on_and_tasks_tell_nothing() -> None:
    rig = Rig()
    changes = await rig.services.changes()
    await rig.created(definition())
    await rig.updated(definition("web:2", replicas=2))
    told = await changes.next()
    assert told is not None
    assert [change.action for change in told] == ["create", "update", "update", "update"]
    assert {change.kind for change in told} == {"service"}
    assert [change.about["updatestate.new"] for change in told if "updatestate.new" in change.about] == ["updating", "completed"]
    assert any(change.about.get("replicas.old") == "3" for change in told)
    await changes.aclose()
    assert rig.cluster.world.listeners == []


async def test_the_engine_of_a_node() -> None:
    other = FakeBackend()
    cluster = FakeCluster(engines={"n2": other})
    own = FakeBackend(cluster=cluster)
    assert own.services is not None
    assert await own.services.engine_of("n1") is own
    assert await own.services.engine_of(cluster.node("n2").id) is other
    with pytest.raises(Unsupported, match="n3"):
        await own.services.engine_of("n3")
    with pytest.raises(NotFound):
        await own.services.engine_of("n4")
