"""One edit of every kind, and the plan that it makes: only what it must touch. Whole texts are compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import Unsupported, ValidationError
from perry_ffi.stack.options import Up
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio

NOTHING = "nothing to do\n"
CHANGED = """\
1 create container p-app-1_next configuration changed
2 copy files p-app-1_next configs and secrets after 1
3 stop container p-app-1 configuration changed after 2
4 rename container p-app-1 configuration changed after 3
5 rename container p-app-1_next configuration changed after 4
6 start container p-app-1 configuration changed after 5
7 remove container p-app-1 replaced: configuration changed
"""


def plain(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines()) + "\n"


def document(app: dict[str, Any] | None = None, **sections: Any) -> Any:
    """Three services in a row; ``app`` has something of every kind, and is the one that is edited."""
    own = {
        "environment": {"A": "1", "B": "2"}, "labels": {"a": "1"}, "networks": {"front": {"aliases": ["x", "y"]}, "back": None},
        "volumes": ["data:/data", "other:/other", "/scratch"], "configs": ["c"], "secrets": ["s"], "depends_on": ["db"],
        "ports": ["80", "81"], "cap_add": ["CHOWN", "KILL"], "expose": ["90", "91"], "dns": ["1.1.1.1", "2.2.2.2"],
        "command": ["serve"], "x-own": "1",
    }  # fmt: skip
    rows = {
        "networks": {"front": {}, "back": {}},
        "volumes": {"data": {}, "other": {}},
        "configs": {"c": {"content": "1"}},
        "secrets": {"s": {"environment": "SECRET"}},
        "environment": {"SECRET": "1"},
        **sections,
    }
    services = {
        "app": {**own, **(app or {})},
        "db": {"networks": ["back"]},
        "web": {"depends_on": ["app"], "networks": ["front"]},
    }
    return project(services, **rows)


RECREATED: dict[str, dict[str, Any]] = {
    "image": {"image": "other"}, "command": {"command": ["serve", "more"]}, "entrypoint": {"entrypoint": ["e"]},
    "environment": {"environment": {"A": "1", "B": "3"}}, "one variable less": {"environment": {"A": "1"}},
    "labels": {"labels": {"a": "2"}}, "user": {"user": "1"}, "working_dir": {"working_dir": "/w"}, "hostname": {"hostname": "h"},
    "tty": {"tty": True}, "init": {"init": True}, "stop_signal": {"stop_signal": "SIGINT"}, "grace": {"stop_grace_period": "3s"},
    "restart": {"restart": "always"}, "healthcheck": {"healthcheck": {"test": ["CMD", "true"]}}, "ports": {"ports": ["80", "82"]},
    "expose": {"expose": ["90"]}, "cap_add": {"cap_add": ["CHOWN"]}, "privileged": {"privileged": True},
    "mem_limit": {"mem_limit": "64m"}, "limits": {"deploy": {"resources": {"limits": {"cpus": "0.5"}}}},
    "ulimits": {"ulimits": {"nofile": 1}}, "sysctls": {"sysctls": {"a": "1"}}, "tmpfs": {"tmpfs": ["/t"]},
    "logging": {"logging": {"driver": "none"}}, "extra_hosts": {"extra_hosts": {"a": "1.1.1.1"}},
    "the order of dns": {"dns": ["2.2.2.2", "1.1.1.1"]}, "annotations": {"annotations": {"a": "b"}},
    "pre_stop": {"pre_stop": [{"command": "x"}]},
    "an alias less": {"networks": {"front": {"aliases": ["x"]}, "back": None}}, "a network less": {"networks": ["front"]},
    "a volume's place": {"volumes": ["data:/elsewhere", "other:/other", "/scratch"]},
    "a volume read-only": {"volumes": ["data:/data:ro", "other:/other", "/scratch"]},
    "volumes change places": {"volumes": ["data:/other", "other:/data", "/scratch"]},
    "a bind": {"volumes": ["data:/data", "other:/other", "/scratch", "/tmp:/tmp"]},
    "a config's place": {"configs": [{"source": "c", "target": "/etc/c"}]},
    "a secret's mode": {"secrets": [{"source": "s", "mode": 0o400}]},
}  # fmt: skip


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    found = Rig(tmp_path)
    found.world.make_image("other")
    return found


@pytest.mark.parametrize("edit", RECREATED)
async def test_an_edit_that_needs_a_new_container(rig: Rig, edit: str) -> None:
    await rig.up(document())
    wanted = document(RECREATED[edit])
    assert plain(await rig.plan(wanted)) == CHANGED
    others = {name: rig.box(name).id for name in ("p-db-1", "p-web-1")}
    await rig.up(wanted)
    assert {name: rig.box(name).id for name in others} == others
    assert await rig.plan(wanted) == NOTHING


SECTIONS: dict[str, dict[str, Any]] = {
    "a config's content": {"configs": {"c": {"content": "2"}}},
    "a secret's content": {"environment": {"SECRET": "2"}},
}


@pytest.mark.parametrize("edit", SECTIONS)
async def test_a_content_that_changed_needs_a_new_container(rig: Rig, edit: str) -> None:
    await rig.up(document())
    assert plain(await rig.plan(document(**SECTIONS[edit]))) == CHANGED


LEFT_ALONE: dict[str, dict[str, Any]] = {
    "depends_on": {"depends_on": {"db": {"condition": "service_started", "restart": True}}}, "no depends_on": {"depends_on": []},
    "profiles": {"profiles": []}, "pull_policy": {"pull_policy": "missing"}, "attach": {"attach": False},
    "develop": {"develop": {"watch": []}}, "scale of one": {"scale": 1}, "replicas": {"deploy": {"replicas": 1}},
    "update_config": {"deploy": {"update_config": {"parallelism": 2}}}, "x- member": {"x-own": "2"},
    "environment as a list": {"environment": ["B=2", "A=1"]}, "labels as a list": {"labels": ["a=1"]},
    "command as text": {"command": "serve"},
    "the order of volumes": {"volumes": ["/scratch", "other:/other", "data:/data"]},
    "the long form of a volume": {"volumes": [{"type": "volume", "source": "data", "target": "/data"}, "other:/other", "/scratch"]},
    "the order of ports": {"ports": ["81", "80"]}, "the order of capabilities": {"cap_add": ["KILL", "CHOWN"]},
    "the order of networks": {"networks": {"back": {}, "front": {"aliases": ["x", "y"]}}},
    "the order of aliases": {"networks": {"front": {"aliases": ["y", "x"]}, "back": None}},
    "the long form of a config": {"configs": [{"source": "c"}]}, "the order of expose": {"expose": ["91", "90"]},
}  # fmt: skip


@pytest.mark.parametrize("edit", LEFT_ALONE)
async def test_an_edit_that_touches_nothing(rig: Rig, edit: str) -> None:
    await rig.up(document())
    assert await rig.plan(document(LEFT_ALONE[edit])) == NOTHING


RESOURCES: dict[str, tuple[dict[str, Any], str]] = {
    "a network's x- member": ({"networks": {"front": {"x-own": 1}, "back": {}}}, NOTHING),
    "a volume's driver": (
        {"volumes": {"data": {"driver": "d"}, "other": {}}},
        NOTHING + "note: volumes.data: its definition changed; the volume p_data is kept as it is: "
        "down (volumes: true), then up, makes it anew, empty\n",
    ),
    "a volume nobody uses": ({"volumes": {"data": {}, "other": {}, "more": {}}}, NOTHING),
    "a volume by its own name": ({"volumes": {"data": {"name": "p_data"}, "other": {}}}, NOTHING),
    "a network that becomes external": ({"networks": {"front": {"external": True, "name": "p_front"}, "back": {}}}, NOTHING),
    "a volume that becomes external": ({"volumes": {"data": {"external": True, "name": "p_data"}, "other": {}}}, NOTHING),
}


@pytest.mark.parametrize("edit", RESOURCES)
async def test_an_edit_of_a_network_or_a_volume(rig: Rig, edit: str) -> None:
    sections, text = RESOURCES[edit]
    await rig.up(document())
    assert await rig.plan(document(**sections)) == text


async def test_another_volume_by_the_same_key_is_another_volume(rig: Rig) -> None:
    await rig.up(document())
    wanted = document(volumes={"data": {"name": "elsewhere"}, "other": {}})
    text = plain(await rig.plan(wanted)).splitlines()
    assert text[:2] == [
        "1 create volume elsewhere missing",
        "2 create container p-app-1_next configuration changed after 1",
    ]
    await rig.up(wanted)
    assert rig.box("p-app-1").volumes["/data"] == "elsewhere" and "p_data" in rig.world.volumes
    assert await rig.plan(wanted) == NOTHING


async def test_networks_that_change_their_names_with_each_other(rig: Rig) -> None:
    """What a service says of a network holds for another one then."""
    rows = {"one": {"networks": {"a": {"aliases": ["x"]}, "b": None}}}
    await rig.up(project(rows, networks={"a": {}, "b": {}}))
    swapped = project(rows, networks={"a": {"name": "p_b"}, "b": {"name": "p_a"}})
    assert "1 create container p-one-1_next configuration changed" in plain(await rig.plan(swapped))


# -- options ----------------------------------------------------------------------------------------


async def test_what_is_made_anew_by_force(rig: Rig) -> None:
    """The services that are named, and what they depend on only where that is asked for."""
    await rig.up(document())

    async def anew(**options: Any) -> set[str]:
        text = await rig.plan(document(), **options)
        return {name for name in ("db", "app", "web") if f"create container  p-{name}-1_next" in text}

    assert await anew(force_recreate=True) == {"db", "app", "web"}
    assert await anew(force_recreate=True, services=("app",)) == {"app"}
    assert await anew(recreate_dependencies=True, services=("app",)) == {"db"}
    assert await anew(force_recreate=True, recreate_dependencies=True, services=("web",)) == {"db", "app", "web"}
    assert await anew(renew_volumes=True, services=("app",)) == {"app"}
    assert await anew(force_recreate=True, services=()) == set()


@pytest.mark.parametrize("member", ["force_recreate", "recreate_dependencies", "renew_volumes"])
def test_options_that_contradict_each_other(member: str) -> None:
    with pytest.raises(ValidationError, match="noRecreate"):
        Up(no_recreate=True, **{member: True})


async def test_what_is_not_started_is_not_waited_for(rig: Rig) -> None:
    assert " wait " not in await rig.plan(document(), start=False, wait=True)
    await rig.up(document(), start=False, wait=True)
    assert set(rig.names().values()) == {"created"}
    assert await rig.plan(document(), start=False) == NOTHING


# -- anonymous volumes --------------------------------------------------------------------------------


async def test_anonymous_volumes_go_on_where_the_file_still_has_them(rig: Rig) -> None:
    def having(*places: str, **members: Any) -> Any:
        return project({"one": {"volumes": list(places), **members}})

    await rig.up(having("/a", "/b"))
    first = dict(rig.box("p-one-1").volumes)
    await rig.up(having("/b/", "/c"))
    second = dict(rig.box("p-one-1").volumes)
    assert second["/b"] == first["/b"] and set(second) == {"/b", "/c"}
    assert set(rig.world.volumes) == set(second.values())
    # A volume that is inherited goes with its last container, and where new ones are asked for.
    await rig.up(having("/b", "/c"), renew_volumes=True)
    assert not set(rig.box("p-one-1").volumes.values()) & set(second.values())
    assert set(rig.world.volumes) == set(rig.box("p-one-1").volumes.values())
    await rig.up(having("/b", "/c", labels=["a=b"]))
    assert (await rig.down(volumes=True)).errors == [] and not rig.world.volumes


async def test_a_container_whose_volumes_have_no_names_is_made_anew_with_them(rig: Rig) -> None:
    """Once: it would not come back with its engine. Not where nobody may be replaced."""
    wanted = project({"one": {"volumes": ["/a", "named:/n"]}}, volumes={"named": {}})
    await rig.up(wanted)
    volumes = dict(rig.box("p-one-1").volumes)
    rig.box("p-one-1").nameless = True
    assert await rig.plan(wanted, no_recreate=True) == "nothing to do\n"
    assert "the engine keeps no names of its anonymous volumes" in await rig.plan(wanted)
    await rig.up(wanted)
    assert rig.box("p-one-1").volumes == volumes and set(rig.world.volumes) == set(volumes.values())
    assert await rig.plan(wanted) == "nothing to do\n"
    assert (await rig.down(volumes=True)).errors == [] and not rig.world.volumes


# -- plans ------------------------------------------------------------------------------------------


async def test_a_plan_is_refused_as_the_up_would_be(rig: Rig) -> None:
    wanted = project({"one": {"provider": {"type": "x"}}})
    with pytest.raises(Unsupported, match="services.one.provider"):
        await rig.plan(wanted)
    with pytest.raises(Unsupported, match="services.one.provider"):
        await rig.up(wanted)


async def test_the_steps_that_are_told_are_those_of_the_plan(rig: Rig) -> None:
    """Also where images come first: one numbering, and the plan that was carried out is the whole of it."""
    rig.world.remote.add("pulled")
    wanted = project({"one": {"image": "pulled"}, "two": {"build": {"context": "/"}, "depends_on": ["one"]}})
    planned = [line.split()[:4] for line in (await rig.plan(wanted)).splitlines()]
    listener = rig.bus.subscribe()
    done = await rig.up(wanted)
    rig.bus.end()
    told = []
    while (batch := await listener.next()) is not None:
        told += [row for row in batch if row["kind"] == "step" and row["state"] == "done"]
    assert sorted((row["step"], row["action"], row["target"]) for row in told) == [
        (step.number, step.action.name, step.target) for step in done.steps
    ]
    assert [[str(s.number), *f"{s.action.name} {s.target}".split()] for s in done.steps] == planned


@pytest.mark.parametrize("policy", ["daily", "weekly", "every_12h", "every_1d1s"])
async def test_an_image_is_pulled_again_when_it_is_older_than_its_policy_has_it(rig: Rig, policy: str) -> None:
    rig.world.remote.add("app")
    wanted = project({"one": {"pull_policy": policy}})
    await rig.up(wanted)
    for tagged, stale in (("2020-01-01T00:00:00Z", True), ("2999-01-01T00:00:00Z", False), ("", True)):
        rig.world.tagged["app"] = tagged
        assert (await rig.plan(wanted)).startswith(f"1  pull image        app           pull policy is {policy}") is stale
        assert "pull" not in await rig.plan(wanted, pull="missing")
    rig.world.tagged["app"] = "2020-01-01T00:00:00Z"
    assert [step.action.name for step in (await rig.up(wanted)).steps] == ["pull image"], "the image is the same one"
    assert await rig.plan(wanted) == NOTHING


# -- taking down --------------------------------------------------------------------------------------


async def test_images_go_also_where_only_the_containers_tell_of_them(rig: Rig) -> None:
    wanted = project({"one": {}, "two": {"build": {"context": "/"}}})
    await rig.up(wanted)
    assert (await rig.down(images="local")).errors == []
    assert set(rig.world.images) == {"app", "other"}
    await rig.up(wanted)
    assert (await rig.down(images="all")).errors == []
    assert set(rig.world.images) == {"other"}


async def test_an_orphan_that_is_to_stay_is_told_and_no_error(rig: Rig) -> None:
    await rig.up(project({"one": {}, "two": {}}))
    listener = rig.bus.subscribe()
    report = await rig.down(wanted=project({"one": {}}), remove_orphans=False)
    assert (report.containers_removed, report.networks_removed, report.errors) == (1, 0, [])
    rig.bus.end()
    told = [row["message"] for row in await listener.next() or () if row["kind"] == "warning"]
    assert told == [
        "p-two-1: an orphan, it stays; removeOrphans: true takes it away",
        "p_default: an orphan is still on it, it stays",
    ]
    report = await rig.down(wanted=project({"one": {}}))
    assert (report.containers_removed, report.networks_removed, report.errors) == (1, 1, [])


async def test_down_all_finds_volumes_alone_and_takes_what_projects_share(rig: Rig) -> None:
    from perry_ffi.stack.options import Down
    from perry_ffi.stack.projects import down_all

    await rig.up(project({"one": {"volumes": ["data:/v"]}}, "gone", volumes={"data": {}}))
    await rig.down("gone")
    await rig.up(project({"one": {"networks": ["n"]}}, "a", networks={"n": {}}))
    await rig.up(project({"one": {"networks": ["n"]}}, "b", networks={"n": {"external": True, "name": "a_n"}}))
    report = await down_all(rig.context, Down(volumes=True))
    assert (report.containers_removed, report.networks_removed, report.volumes_removed) == (2, 1, 1)
    assert report.errors == [] and not rig.world.volumes and not rig.world.boxes


async def test_a_container_of_a_disabled_service_is_no_orphan(rig: Rig) -> None:
    debugged = project({"one": {}, "two": {"profiles": ["debug"]}})
    assert "two" in debugged.disabled_services and debugged.profiles_of(["two", "one"]) == ["debug"]
    await rig.up(project({"one": {}, "two": {}}))
    assert await rig.plan(debugged, remove_orphans=True) == NOTHING
