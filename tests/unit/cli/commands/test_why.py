from __future__ import annotations

from datetime import UTC, datetime

import pytest

from perry_ffi.backends.fake import Behaviour, FakeBackend
from perry_ffi.model.container import ContainerInfo
from perry_ffi.stack import identity, members, why
from tests.support.command_on_fake import Program


def test_as_it_should_be(program: Program) -> None:
    program.file({"db": {}, "web": {"depends_on": ["db"]}})
    program.run("up", "-d")
    assert program.run("why") == "db: as it should be\nweb: as it should be\n"
    assert program.run("why", "web") == "web: as it should be\n"
    program.run("why", "nobody", status=1)
    (found,) = program.json("why", "db", "--format", "json")
    assert found["asItShouldBe"] and found["steps"] == [] and found["containers"][0]["changes"] == []


def test_which_member_changed(program: Program) -> None:
    """Old and new, but of what may be secret; a member that came or went."""
    one = {"LOG": "info", "DB_PASSWORD": "swordfish", "URL": "http://me:swordfish@h/", "GONE": "g"}
    program.file({"web": {"environment": one, "command": ["serve", "--fast"], "user": "1"}})
    program.run("up", "-d")
    other = {"LOG": "debug", "DB_PASSWORD": "hunter2", "URL": "http://me:hunter2@h/", "NEW": "n"}
    program.file({"web": {"environment": other, "command": ["serve", "--token=hunter2"], "hostname": "h", "user": "1"}})
    said = program.run("why", "web")
    assert said.splitlines()[0] == "web: up would make p-web-1 anew: configuration changed"
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in said.splitlines()[1:]}
    assert rows == {
        "command": "changed (hidden)", "environment.DB_PASSWORD": "changed (hidden)", "environment.GONE": "g → (not set)",
        "environment.LOG": "info → debug", "environment.NEW": "(not set) → n", "environment.URL": "changed (hidden)",
        "hostname": "(not set) → h",
    }  # fmt: skip
    text = program.run("why", "web", "--format", "json")
    assert "swordfish" not in text + said and "hunter2" not in text + said
    assert [call.method for call in program.backend.writes].count("create_container") == 1


def test_what_cannot_be_known(program: Program) -> None:
    """Of a container without the label: what the engine tells is compared, and it is said that this may not be all."""
    program.file({"web": {"environment": {"LOG": "info"}}})
    program.run("up", "-d")
    program.world.find("p-web-1").spec.labels[identity.MEMBERS] = ""
    program.file({"web": {"environment": {"LOG": "debug"}, "mem_limit": "1g"}})
    said = program.run("why", "web")
    assert "environment.LOG  info → debug" in said and "not known: it does not tell" in said


def test_so_many_members_that_only_their_names_are_kept(program: Program) -> None:
    program.file({"web": {"environment": {f"VARIABLE_{number}": "a" for number in range(300)}}})
    program.run("up", "-d")
    assert len(program.world.find("p-web-1").spec.labels[identity.MEMBERS]) <= members.BOUND
    program.file({"web": {"environment": {f"VARIABLE_{number}": "b" for number in range(300)}}})
    (found,) = program.json("why", "--format", "json")
    assert [row["path"] for row in found["containers"][0]["changes"]] == ["environment"]


def test_an_image_that_is_another_one(program: Program) -> None:
    program.file({"web": {}})
    program.run("up", "-d")
    program.world.make_image("app")
    assert program.run("why").splitlines()[0] == "web: up would make p-web-1 anew: image changed"


def test_why_it_is_not_ready(program: Program) -> None:
    """How it ended, its last words; and whom it waits for."""
    program.behave["db"] = Behaviour(exit_code=3, stderr="no disk\n")
    program.file({"db": {}, "web": {"depends_on": {"db": {"condition": "service_healthy"}}}})
    program.run("up", "-d", "--no-rollback", status=1)
    said = program.run("why")
    assert "db: p-db-1 is not ready: it ended with exit code 3" in said and "| no disk" in said
    assert "web waits for db (service_healthy): p-db-1: it ended with exit code 3" in said
    assert "web: up would do:" in said


def test_a_health_check_that_fails(program: Program) -> None:
    program.use(FakeBackend(program.world, probes=True))
    program.file({"db": {"healthcheck": {"test": ["CMD", "ask"], "interval": "1s", "retries": 1}}})
    program.run("up", "-d")
    box = program.world.find("p-db-1")
    program.world.behave = lambda _: Behaviour(health=(False,))
    program.world.probe(box)
    (found,) = program.json("why", "db", "--format", "json")
    assert found["containers"][0]["notReady"] == "it is unhealthy"
    assert found["containers"][0]["evidence"]["probe"]["test"] == ["CMD", "ask"]


def test_what_is_not_there(program: Program) -> None:
    program.file({"db": {}, "web": {"depends_on": ["db"]}})
    said = program.run("why", "web")
    assert "web: it has no container" in said and "web waits for db (service_started): it has no container" in said
    program.file({"web": {"image": "nowhere", "pull_policy": "never"}})
    assert "nothing can be planned" in program.run("why", "web")


def test_what_is_started_again_and_again(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs at the moment; what has run for a while since then stands."""
    program.file({"web": {"restart": "always"}})
    program.run("up", "-d")
    seen = program.backend.inspect_container

    async def restarted(ident: str) -> ContainerInfo:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return (await seen(ident)).model_copy(update={"restart_count": 7, "started_at": now})

    monkeypatch.setattr(program.backend, "inspect_container", restarted)
    said = program.run("why")
    assert "web: p-web-1 is not ready: it starts again and again (7 times so far)" in said and "started again 7 times" in said
    monkeypatch.setattr(why, "STEADY_SECONDS", 0.0)
    assert program.run("why") == "web: as it should be\n"


def test_what_may_have_wanted_more_memory(program: Program) -> None:
    """Where the engine does not know it: it was killed, nobody did it, and there is a limit."""
    program.behave["web"] = Behaviour(exit_code=137)
    program.file({"web": {"mem_limit": "8m"}})
    program.run("up", "-d")
    assert "its memory is limited to 8 MiB: it may have wanted more" in program.run("why", "web")
    program.world.find("p-web-1").stopped = True
    assert "memory" not in program.run("why", "web")
