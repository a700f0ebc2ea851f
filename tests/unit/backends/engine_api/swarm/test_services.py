"""What is asked of a manager for each operation on services, before a scripted one."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream

from perry_ffi.backends.contract.services import is_uncertain
from perry_ffi.backends.engine_api.swarm import calls
from perry_ffi.backends.engine_api.swarm.backend import SwarmBackend
from perry_ffi.backends.engine_api.swarm.parse import parse_services
from perry_ffi.errors import BackendError, BackendNotAvailable, Conflict, NotFound, Unsupported, ValidationError
from tests.engines.scripted import Asked, ScriptedEngine, document
from tests.unit.backends.engine_api.routes import Routes, backend_with, query
from tests.unit.backends.engine_api.swarm.recorded import API, NODE, SAID, by_name, definition

pytestmark = pytest.mark.anyio
STATE = parse_services([by_name("p_api")])[0]
UPDATE = f"POST /services/{API}/update"
DONE = document({"Warnings": None})


@asynccontextmanager
async def manager(folder: Path, routes: Routes, timeout: float = 5.0) -> AsyncIterator[tuple[SwarmBackend, ScriptedEngine]]:
    async with backend_with(folder, "docker", routes, timeout, make=SwarmBackend, swarm=SAID["swarm"]) as (backend, engine):
        yield backend, engine


def sent(engine: ScriptedEngine) -> Any:
    return json.loads(engine.asked[-1].body)


async def test_services_by_labels_in_one_call(tmp_path: Path) -> None:
    async with manager(tmp_path, {"GET /services": document(SAID["services"])}) as (backend, engine):
        found = await backend.services.services({"perry.compose.project": "p"})
        assert [state.name for state in found] == ["p_api", "p_once"] and len(engine.asked) == 1
        assert query(engine.asked[0]) == {"status": "1", "filters": '{"label": ["perry.compose.project=p"]}'}
        assert await backend.services.services({"perry.compose.project": "other"}) == []


async def test_one_service_by_its_whole_name_or_id(tmp_path: Path) -> None:
    async with manager(tmp_path, {"GET /services": document(SAID["services"])}) as (backend, _):
        assert (await backend.services.service("p_once")).name == "p_once"
        assert (await backend.services.service(API)).name == "p_api"
        with pytest.raises(NotFound):
            await backend.services.service("p_")


async def test_tasks_with_the_names_of_their_nodes_which_are_asked_for_once(tmp_path: Path) -> None:
    routes = {"GET /tasks": document(SAID["tasks"]), "GET /nodes": document(SAID["nodes"])}
    async with manager(tmp_path, routes) as (backend, engine):
        for _ in range(2):
            found = await backend.services.tasks([API, API, "b"])
            assert {task.node_name for task in found if task.node == NODE} == {"vm"}
        assert [asked.target.partition("?")[0] for asked in engine.asked] == ["/v1.41/tasks", "/v1.41/nodes", "/v1.41/tasks"]
        assert json.loads(query(engine.asked[0])["filters"]) == {"service": [API, "b"]}


async def test_no_services_have_no_tasks_and_ask_nothing(tmp_path: Path) -> None:
    async with manager(tmp_path, {}) as (backend, engine):
        assert await backend.services.tasks([]) == [] and engine.asked == []


async def test_many_services_are_asked_for_in_parts(tmp_path: Path) -> None:
    async with manager(tmp_path, {"GET /tasks": document([])}) as (backend, engine):
        await backend.services.tasks(f"{number:025}" for number in range(401))
        assert [len(json.loads(query(asked)["filters"])["service"]) for asked in engine.asked] == [200, 200, 1]


async def test_a_service_is_made(tmp_path: Path) -> None:
    async with manager(tmp_path, {"POST /services/create": document({"ID": "new"}, "201 Created")}) as (backend, engine):
        assert await backend.services.create_service(definition(env={"A": "{{b"})) == "new"
        assert sent(engine)["Name"] == "p_web" and sent(engine)["TaskTemplate"]["ContainerSpec"]["Env"] == ['A={{"{{"}}b']
        assert "x-registry-auth" not in engine.asked[-1].headers


async def test_what_cannot_be_is_refused_before_the_engine_is_asked(tmp_path: Path) -> None:
    async with manager(tmp_path, {}) as (backend, engine):
        for wrong, kind in ((definition(name="a.b"), ValidationError), (definition(privileged=True), Unsupported)):
            for operation in (backend.services.check_service, backend.services.create_service):
                with pytest.raises(kind) as caught:
                    await operation(wrong)
        assert caught.value.details["backend"] == "swarm" and "swarm cannot" in caught.value.message
        await backend.services.check_service(definition())
        assert engine.asked == []


async def test_each_node_gets_the_users_credentials_with_a_creation_and_with_a_change(tmp_path: Path) -> None:
    routes = {"POST /services/create": document({"ID": "new"}, "201 Created"), UPDATE: DONE}
    async with manager(tmp_path, routes) as (backend, engine):
        config = tmp_path / "config.json"
        config.write_text(json.dumps({"auths": {"r.example:5000": {"auth": base64.b64encode(b"u:s3cret").decode()}}}))
        backend._store._settings = backend._settings.__class__(docker_config=tmp_path, environ={})  # type: ignore[attr-defined]
        made = definition(image="r.example:5000/bb:1")
        await backend.services.create_service(made)
        await backend.services.update_service(STATE, made)
        for asked in engine.asked:
            told = json.loads(base64.urlsafe_b64decode(asked.headers["x-registry-auth"]))
            assert told["password"] == "s3cret" and b"s3cret" not in asked.body


async def test_an_update_keeps_the_number_of_restarts(tmp_path: Path) -> None:
    """Another one would replace each task, though nothing of it changed."""
    spec = by_name("p_api")["Spec"]
    item = {**by_name("p_api"), "Spec": {**spec, "TaskTemplate": {**spec["TaskTemplate"], "ForceUpdate": 3}}}
    async with manager(tmp_path, {UPDATE: DONE}) as (backend, engine):
        await backend.services.update_service(parse_services([item])[0], definition(name="p_api"))
        assert sent(engine)["TaskTemplate"]["ForceUpdate"] == 3 and query(engine.asked[-1])["version"] == "20"
        await backend.services.update_service(parse_services([item])[0], definition(name="p_api"), restart=True)
        assert sent(engine)["TaskTemplate"]["ForceUpdate"] == 4


async def test_a_restart_changes_that_number_alone(tmp_path: Path) -> None:
    async with manager(tmp_path, {UPDATE: DONE}) as (backend, engine):
        before = json.dumps(STATE.kept)
        await backend.services.restart_service(STATE)
        assert sent(engine)["TaskTemplate"].pop("ForceUpdate") == 1
        rest = {**sent(engine)["TaskTemplate"], "ForceUpdate": 0}
        assert {**sent(engine), "TaskTemplate": rest} == by_name("p_api")["Spec"] and json.dumps(STATE.kept) == before
        await backend.services.restart_service(STATE, ends=True)
        assert sent(engine)["UpdateConfig"] == {**by_name("p_api")["Spec"]["UpdateConfig"], "FailureAction": "continue"}
        assert json.dumps(STATE.kept) == before


async def test_a_scaling_changes_the_number_and_some_labels_alone(tmp_path: Path) -> None:
    async with manager(tmp_path, {UPDATE: DONE}) as (backend, engine):
        await backend.services.scale_service(STATE, 0, {"was": "2", "perry.compose.project": None})  # type: ignore[dict-item]
        spec = by_name("p_api")["Spec"]
        assert sent(engine) == {**spec, "Mode": {"Replicated": {"Replicas": 0}}, "Labels": {"was": "2"}}
        everywhere = parse_services([{**by_name("p_api"), "Spec": {**spec, "Mode": {"Global": {}}}}])[0]
        with pytest.raises(Unsupported):
            await backend.services.scale_service(everywhere, 2)


async def test_what_was_is_put_back_whole_with_the_present_version(tmp_path: Path) -> None:
    async with manager(tmp_path, {UPDATE: DONE}) as (backend, engine):
        present = parse_services(
            [{**by_name("p_api"), "Version": {"Index": 99}, "Spec": {**by_name("p_api")["Spec"], "Labels": {}}}]
        )[0]
        await backend.services.restore_service(present, STATE)
        assert sent(engine) == by_name("p_api")["Spec"] and query(engine.asked[-1])["version"] == "99"


async def test_a_stale_version_is_a_conflict(tmp_path: Path) -> None:
    status, words = SAID["refusals"]["stale"]
    async with manager(tmp_path, {UPDATE: document({"message": words}, f"{status} no")}) as (backend, _):
        with pytest.raises(Conflict) as caught:
            await backend.services.restart_service(STATE)
        assert not is_uncertain(caught.value)


async def test_a_change_is_never_sent_twice_though_its_connection_was_at_rest(tmp_path: Path) -> None:
    """An engine that cut the connection may have carried it out; what reads is asked again."""
    cut: list[str] = []

    async def lost(asked: Asked, stream: SocketStream) -> None:
        cut.append(asked.target)
        await stream.aclose()

    routes = {
        "GET /nodes": document(SAID["nodes"]),
        "POST /services/create": lost,
        "DELETE /services/s": lost,
        "POST /networks/create": lost,
    }
    async with manager(tmp_path, routes) as (backend, _):
        from perry_ffi.model.network import NetworkSpec

        for change in (
            lambda: backend.services.create_service(definition()),
            lambda: backend.services.remove_service("s"),
            lambda: backend.services.create_network("n", NetworkSpec()),
        ):
            await backend.services.nodes()
            with pytest.raises(BackendError) as caught:
                await change()
            assert is_uncertain(caught.value)
        assert len(cut) == 3


async def test_a_leader_that_fell_leaves_it_open(tmp_path: Path) -> None:
    lost = document({"message": "rpc error: code = Unknown desc = node lost leader status"}, "500 no")
    async with manager(tmp_path, {"POST /services/create": lost, "GET /services": lost}) as (backend, _):
        with pytest.raises(BackendError) as caught:
            await backend.services.create_service(definition())
        assert is_uncertain(caught.value)
        with pytest.raises(BackendNotAvailable) as unavailable:
            await backend.services.services()
        assert not is_uncertain(unavailable.value) and "more than half" in unavailable.value.details["remedy"]


@pytest.mark.parametrize("times", [2, None])
async def test_while_a_leader_is_chosen_nothing_was_done_and_it_is_asked_again(
    tmp_path: Path, times: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "CHANGE_SECONDS", 0.05 if times is None else 20.0)
    monkeypatch.setattr(calls, "PAUSES", (0.001, 0.01))
    asked: list[str] = []
    words = "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online."

    async def leaderless(request: Asked, stream: SocketStream) -> None:
        asked.append(request.method)
        chosen = times is not None and len(asked) > times
        await stream.send(document({"ID": "new"}, "201 Created") if chosen else document({"message": words}, "503 no"))

    async with manager(tmp_path, {"POST /services/create": leaderless}) as (backend, _):
        if times is None:
            with pytest.raises(BackendNotAvailable) as caught:
                await backend.services.create_service(definition())
            assert not is_uncertain(caught.value) and len(asked) > 1
        else:
            assert await backend.services.create_service(definition()) == "new" and len(asked) == 3


async def test_a_read_that_waits_for_a_leader_that_is_gone_is_asked_anew_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "ANEW_SECONDS", 0.02)
    asked: list[str] = []

    async def slow(request: Asked, stream: SocketStream) -> None:
        asked.append(request.target)
        if len(asked) < 3:
            await anyio.sleep(60)
        await stream.send(document(SAID["services"]))

    async with manager(tmp_path, {"GET /services": slow}) as (backend, _):
        with anyio.fail_after(20):
            assert len(await backend.services.services()) == 2 and len(asked) == 3


async def test_a_read_that_nobody_answers_ends_and_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "LEADER_SECONDS", 0.05)

    async def silent(request: Asked, stream: SocketStream) -> None:
        await anyio.sleep(60)

    async with manager(tmp_path, {"GET /services": silent}) as (backend, _):
        with anyio.fail_after(20), pytest.raises(BackendNotAvailable) as caught:
            await backend.services.services()
        assert "no leader" in caught.value.message and "more than half" in caught.value.details["remedy"]


async def test_an_engine_that_ends_while_it_is_asked_is_not_there(tmp_path: Path) -> None:
    async def lost(asked: Asked, stream: SocketStream) -> None:
        await stream.aclose()

    async with manager(tmp_path, {"GET /services": lost}) as (backend, _):
        with pytest.raises(BackendNotAvailable):
            await backend.services.services()


async def test_an_image_is_asked_for_by_its_tag(tmp_path: Path) -> None:
    answer = document({"Descriptor": {"digest": "sha256:" + "a" * 64}, "Platforms": []})
    async with manager(tmp_path, {"GET /distribution/r.example/a/bb:1/json": answer}) as (backend, _):
        found = await backend.services.resolve_image("r.example/a/bb:1")
        assert found.reference == "r.example/a/bb:1@sha256:" + "a" * 64


async def test_a_service_that_is_gone_is_made_again_whole(tmp_path: Path) -> None:
    async with manager(tmp_path, {"POST /services/create": document({"ID": "new"}, "201 Created")}) as (backend, engine):
        await backend.services.restore_service(None, STATE)
        assert sent(engine) == by_name("p_api")["Spec"]


async def test_what_can_be_left_out_is(tmp_path: Path) -> None:
    """It was warned of before: what is refused here is what a container would be another without."""
    async with manager(tmp_path, {"POST /services/create": document({"ID": "new"}, "201 Created")}) as (backend, engine):
        await backend.services.create_service(definition(cpu_shares=5, domainname="d"))
        assert sent(engine)["TaskTemplate"]["ContainerSpec"] == {"Image": "bb:1"}


@pytest.mark.parametrize("known", [True, False])
async def test_tasks_outlive_their_service_and_are_told_until_they_end(tmp_path: Path, known: bool) -> None:
    """The engine knows a service that is gone by no id, and its tasks by their names."""
    asked_for: list[dict[str, Any]] = []
    going = {**SAID["tasks"][1], "ServiceID": API, "DesiredState": "remove"}
    over = {**going, "ID": "o", "Status": {"State": "shutdown"}}
    other = {**SAID["tasks"][1], "ServiceID": "other"}

    async def tasks(asked: Asked, stream: SocketStream) -> None:
        asked_for.append(json.loads(query(asked).get("filters", "{}")))
        gone = document({"message": f"service {API} not found"}, "404 no")
        await stream.send(gone if "service" in asked_for[-1] else document([going, over, other]))

    routes = {"GET /tasks": tasks, "GET /nodes": document(SAID["nodes"]), "GET /services": document(SAID["services"])}
    async with manager(tmp_path, routes) as (backend, _):
        if known:
            await backend.services.services()
        found = await backend.services.tasks([API])
        assert [(task.id, task.wanted) for task in found] == [(going["ID"], False)]
        assert asked_for == [{"service": [API]}, {"name": ["p_api."]} if known else {}]
