from __future__ import annotations

from typing import Any

from perry_ffi.errors import RegistryNotAvailable
from tests.support.command_on_fake import IMAGE, Program

OLD, NEW = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


def test_what_is_newer_is_made_anew_and_the_rest_stays(program: Program) -> None:
    program.world.make_image("second")
    program.world.remote = {IMAGE, "second"}
    program.file({"a": {}, "b": {"image": "second"}})
    program.run("up", "-d")
    program.run("update")
    assert "p: up to date" in program.err
    before = {name: program.world.find(name).id for name in ("p-a-1", "p-b-1")}
    program.world.published["second"] = f"second@{NEW}"
    said = program.run("update", "--dry-run")
    assert "pull image" in said and program.world.find("p-b-1").id == before["p-b-1"]
    program.run("update")
    assert "p: b made anew" in program.err
    assert program.world.find("p-a-1").id == before["p-a-1"] and program.world.find("p-b-1").id != before["p-b-1"]


def test_what_is_never_pulled_stays(program: Program, registry: dict[str, Any]) -> None:
    """Its image may be nowhere but here."""
    program.world.make_image("own")
    program.world.remote = {IMAGE}
    program.file({"a": {}, "b": {"image": "own", "pull_policy": "never"}})
    program.run("up", "-d")
    program.run("update")
    assert "p: up to date" in program.err
    registry.update({IMAGE: OLD})
    program.world.digests[program.world.images[IMAGE]] = [f"{IMAGE}@{OLD}"]
    rows = program.json("update", "--check", "--format", "json")
    assert [(row["image"], row["state"]) for row in rows] == [(IMAGE, "current"), ("own", "never")]


def test_digests_are_compared_and_nothing_is_pulled(program: Program, registry: dict[str, Any]) -> None:
    program.world.digests[program.world.images[IMAGE]] = [f"{IMAGE}@{OLD}"]
    program.file({"a": {}, "b": {"image": f"x@{OLD}"}, "c": {"build": "."}, "d": {}})
    registry[IMAGE] = OLD
    rows = program.json("update", "--check", "--format", "json")
    assert [(row["services"], row["state"]) for row in rows] == [(["a", "d"], "current"), (["b"], "pinned"), (["c"], "built")]
    registry[IMAGE] = NEW
    said = program.run("update", "--check", status=2)
    assert "newer" in said and "sha256:111" in said and "sha256:222" in said
    program.file({"a": {}, "b": {"image": "absent"}})
    registry.update({IMAGE: OLD, "absent": NEW})
    assert "missing" in program.run("update", "--check", status=2)
    assert "missing" not in program.run("update", "--check", "a")
    assert not program.backend.writes


def test_a_registry_that_cannot_be_asked(program: Program, registry: dict[str, Any]) -> None:
    program.file({"a": {}})
    registry[IMAGE] = RegistryNotAvailable("it does not answer")
    assert "it does not answer" in program.run("update", "--check", status=1)
    program.run("update", "--check", "nobody", status=1)
