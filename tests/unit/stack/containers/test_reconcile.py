"""Edits of a project and the plans that they make, compared as whole texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import BackendError, Conflict, DependencyCycle, NotFound, Unsupported, ValidationError
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.volume import VolumeSpec
from perry_ffi.runtime.actions.containers import StartContainer
from perry_ffi.runtime.actions.objects import CreateNetwork
from perry_ffi.runtime.plan import PlanBuilder
from perry_ffi.stack import identity
from perry_ffi.stack.naming import SERVICES
from tests.unit.stack.rig import IMAGE, Rig, project

pytestmark = pytest.mark.anyio

NOTHING = "nothing to do\n"


def services() -> dict[str, Any]:
    """A database, a job, and two web servers that need both."""
    needs = {"db": {"condition": "service_healthy"}, "job": {"condition": "service_completed_successfully"}}
    return {
        "db": {"volumes": ["data:/data", "/scratch"], "healthcheck": {"test": ["CMD", "true"]}},
        "job": {},
        "web": {"depends_on": needs, "scale": 2},
    }


def base(changed: dict[str, Any] | None = None, **sections: Any) -> Any:
    """The project, with members of services changed (``None``: a service less)."""
    found = services()
    for name, members in (changed or {}).items():
        if members is None:
            del found[name]
        else:
            found[name] = {**found.get(name, {}), **members}
    return project(found, **{"volumes": {"data": {}}, **sections})


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path, job=Behaviour(exit_code=0))


def plain(text: str) -> str:
    """The text of a plan without the padding of its columns."""
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines()) + "\n"


def expected(text: str, rig: Rig) -> str:
    """``text`` with ``{name}`` as the first twelve digits of that container's id."""
    for box in rig.world.boxes.values():
        text = text.replace("{" + box.name + "}", box.id[:12])
    return plain(text)


async def test_the_text_of_a_plan(rig: Rig) -> None:
    assert (
        await rig.plan(base())
        == """\
 1  create network    p_default      missing
 2  create volume     p_data         missing
 3  create container  p-db-1         missing            after 1 2
 4  start container   p-db-1         missing            after 3
 5  create container  p-job-1        missing            after 1
 6  start container   p-job-1        missing            after 5
 7  create container  p-web-1        missing            after 1
 8  wait              db healthy     web depends on it  after 4
 9  wait              job completed  web depends on it  after 6
10  start container   p-web-1        missing            after 7 8 9
11  create container  p-web-2        missing            after 1
12  start container   p-web-2        missing            after 8 9 11
"""
    )


async def test_docker_creates_containers_while_their_networks_are_made(rig: Rig) -> None:
    """Those with one network, on an engine that joins the others by calls of their own."""
    rig.world.late_networks = 1
    wanted = project({"a": {"networks": ["x"]}, "b": {"networks": ["x", "y"]}}, networks={"x": {}, "y": {}})
    assert plain(await rig.plan(wanted)) == plain("""
        1 create network p_x missing
        2 create network p_y missing
        3 create container p-a-1 missing
        4 start container p-a-1 missing after 1 3
        5 create container p-b-1 missing after 1 2
        6 start container p-b-1 missing after 5
        """)
    await rig.up(wanted)
    assert rig.names() == {"p-a-1": "running", "p-b-1": "running"}
    assert await rig.plan(wanted) == NOTHING


async def test_what_the_end_waits_for_is_created_first(rig: Rig) -> None:
    """The network, and the container that the longest chain begins with; the others wait for them."""
    rig.world.late_networks = 1
    needs = {"e": [], "a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
    await rig.up(project({name: {"depends_on": rows} for name, rows in needs.items()}))
    made = [call.subject for call in rig.backend.calls if call.method.startswith("create_")]
    assert set(made[:2]) == {"p_default", "p-a-1"} and len(made) == 6


EDITS: dict[str, tuple[dict[str, Any] | None, dict[str, Any], dict[str, Any], str]] = {
    "nothing": (None, {}, {}, NOTHING),
    "environment": (
        {"web": {"environment": {"A": "1"}}},
        {},
        {},
        """
        1 create container p-web-1_next configuration changed
        2 wait db healthy web depends on it
        3 wait job completed web depends on it
        4 stop container p-web-1 configuration changed after 1 2 3
        5 rename container p-web-1 configuration changed after 4
        6 rename container p-web-1_next configuration changed after 5
        7 start container p-web-1 configuration changed after 2 3 6
        8 create container p-web-2_next configuration changed
        9 stop container p-web-2 configuration changed after 2 3 8
        10 rename container p-web-2 configuration changed after 9
        11 rename container p-web-2_next configuration changed after 10
        12 start container p-web-2 configuration changed after 2 3 11
        13 remove container p-web-2 replaced: configuration changed
        14 remove container p-web-1 replaced: configuration changed
        """,
    ),
    "what is no configuration": (
        {
            "web": {"pull_policy": "never", "develop": {"watch": []}},
            "db": {"deploy": {"update_config": {"parallelism": 2}}},
        },
        {},
        {},
        NOTHING,
    ),
    "a job": (
        {"job": {"command": ["other"]}},
        {},
        {},
        """
        1 create container p-job-1_next configuration changed
        2 rename container p-job-1 configuration changed after 1
        3 rename container p-job-1_next configuration changed after 2
        4 start container p-job-1 configuration changed after 3
        5 remove container p-job-1 replaced: configuration changed
        """,
    ),
    "more of one": (
        {"web": {"scale": 3}},
        {},
        {},
        """
        1 create container p-web-3 missing
        2 wait db healthy web depends on it
        3 wait job completed web depends on it
        4 start container p-web-3 missing after 1 2 3
        """,
    ),
    "fewer of one": (
        {"web": {"scale": 1}},
        {},
        {},
        """
        1 stop container p-web-2 scaled down
        2 remove container p-web-2 scaled down
        """,
    ),
    "none of one": (
        {"web": {"scale": 0}},
        {},
        {},
        """
        1 stop container p-web-1 scaled down
        2 stop container p-web-2 scaled down
        3 remove container p-web-2 scaled down
        4 remove container p-web-1 scaled down
        """,
    ),
    "scale as an option": (None, {}, {"scale": {"web": 2}}, NOTHING),
    "an orphan": (
        {"web": None},
        {},
        {},
        """
        nothing to do
        note: orphans, of services that the file does not have: p-web-1, p-web-2; removeOrphans: true takes them away
        """,
    ),
    "orphans removed": (
        {"web": None},
        {},
        {"remove_orphans": True},
        """
        1 stop container p-web-1 orphan
        2 stop container p-web-2 orphan
        3 remove container p-web-1 orphan
        4 remove container p-web-2 orphan
        """,
    ),
    "a service more": (
        {"new": {"depends_on": ["db"]}},
        {},
        {},
        """
        1 create container p-new-1 missing
        2 start container p-new-1 missing after 1
        """,
    ),
    "another image that has to be pulled": (
        {"job": {"image": "other"}},
        {},
        {},
        """
        1 pull image other missing
        2 create container p-job-1_next configuration changed after 1
        3 rename container p-job-1 configuration changed after 2
        4 rename container p-job-1_next configuration changed after 3
        5 start container p-job-1 configuration changed after 4
        6 remove container p-job-1 replaced: configuration changed
        """,
    ),
    "an image that is built": (
        {"job": {"image": "built", "build": {"context": "/"}}},
        {},
        {},
        """
        1 build image built missing
        2 create container p-job-1_next configuration changed after 1
        3 rename container p-job-1 configuration changed after 2
        4 rename container p-job-1_next configuration changed after 3
        5 start container p-job-1 configuration changed after 4
        6 remove container p-job-1 replaced: configuration changed
        """,
    ),
    "named service": (
        {"job": {"environment": {"A": "1"}}, "web": {"environment": {"A": "1"}}},
        {},
        {"services": ("job",)},
        """
        1 create container p-job-1_next configuration changed
        2 rename container p-job-1 configuration changed after 1
        3 rename container p-job-1_next configuration changed after 2
        4 start container p-job-1 configuration changed after 3
        5 remove container p-job-1 replaced: configuration changed
        """,
    ),
    "no service": ({"job": {"environment": {"A": "1"}}}, {}, {"services": ()}, NOTHING),
    "a job that is named runs again": (
        None,
        {},
        {"services": ("job",)},
        """
        1 start container p-job-1 exited (0)
        """,
    ),
    "no recreate": ({"web": {"environment": {"A": "1"}}}, {}, {"no_recreate": True}, NOTHING),
    "force recreate": (
        None,
        {},
        {"services": ("job",), "force_recreate": True},
        """
        1 create container p-job-1_next asked for
        2 rename container p-job-1 asked for after 1
        3 rename container p-job-1_next asked for after 2
        4 start container p-job-1 asked for after 3
        5 remove container p-job-1 replaced: asked for
        """,
    ),
    "a network's definition": (
        None,
        {"networks": {"default": {"internal": True}}},
        {},
        """
        1 stop container p-web-1 network p_default is made anew
        2 stop container p-web-2 network p_default is made anew
        3 stop container p-db-1 network p_default is made anew after 1 2
        4 disconnect container p-web-1 network p_default is made anew after 1
        5 disconnect container p-web-2 network p_default is made anew after 2
        6 disconnect container p-job-1 network p_default is made anew
        7 disconnect container p-db-1 network p_default is made anew after 3
        8 remove old network p_default its definition changed after 4 5 6 7
        9 create network p_default its definition changed after 8
        10 create container p-db-1_next network p_default is made anew after 9
        11 rename container p-db-1 network p_default is made anew after 3 10
        12 rename container p-db-1_next network p_default is made anew after 11
        13 start container p-db-1 network p_default is made anew after 12
        14 create container p-job-1_next network p_default is made anew after 9
        15 rename container p-job-1 network p_default is made anew after 14
        16 rename container p-job-1_next network p_default is made anew after 15
        17 start container p-job-1 network p_default is made anew after 16
        18 create container p-web-1_next network p_default is made anew after 9
        19 wait db healthy web depends on it after 13
        20 wait job completed web depends on it after 17
        21 rename container p-web-1 network p_default is made anew after 1 18 19 20
        22 rename container p-web-1_next network p_default is made anew after 21
        23 start container p-web-1 network p_default is made anew after 19 20 22
        24 create container p-web-2_next network p_default is made anew after 9
        25 rename container p-web-2 network p_default is made anew after 2 19 20 24
        26 rename container p-web-2_next network p_default is made anew after 25
        27 start container p-web-2 network p_default is made anew after 19 20 26
        28 remove container p-web-2 replaced: network p_default is made anew
        29 remove container p-web-1 replaced: network p_default is made anew
        30 remove container p-job-1 replaced: network p_default is made anew
        31 remove container p-db-1 replaced: network p_default is made anew
        """,
    ),
    "a volume's definition": (
        None,
        {"volumes": {"data": {"driver_opts": {"type": "tmpfs"}}}},
        {},
        (
            "nothing to do\n"
            "note: volumes.data: its definition changed; the volume p_data is kept as it is: "
            "down (volumes: true), then up, makes it anew, empty\n"
        ),
    ),
    "waiting": (
        None,
        {},
        {"wait": True},
        """
        1 wait db ready asked for
        2 wait job ready asked for
        3 wait web ready asked for
        """,
    ),
}


@pytest.mark.parametrize("edit", EDITS)
async def test_an_edit_and_its_plan(rig: Rig, edit: str) -> None:
    changed, sections, options, text = EDITS[edit]
    await rig.up(base())
    assert plain(await rig.plan(base(changed, **sections), **options)) == expected(text, rig)


@pytest.mark.parametrize("edit", [edit for edit in EDITS if "image" not in edit and edit not in ("no service", "force recreate")])
async def test_after_the_edit_is_carried_out_nothing_is_left_to_do(rig: Rig, edit: str) -> None:
    changed, sections, options, _ = EDITS[edit]
    await rig.up(base())
    wanted = base(changed, **sections)
    await rig.up(wanted, **options)
    again = {k: v for k, v in options.items() if k != "wait"}
    if "services" in again and "job" in again["services"]:
        return
    assert (await rig.plan(wanted, **again)).startswith(NOTHING)


async def test_what_is_stopped_is_started_and_a_finished_job_is_left_alone(rig: Rig) -> None:
    await rig.up(base())
    for name in ("p-web-2", "p-db-1"):
        await rig.backend.stop_container(name)
    assert plain(await rig.plan(base())) == plain("""
        1 start container p-db-1 exited (143)
        2 start container p-web-2 exited (143) after 3 4
    """).replace(
        "2 start container p-web-2 exited (143) after 3 4",
        "2 wait db healthy web depends on it after 1\n"
        "3 wait job completed web depends on it\n4 start container p-web-2 exited (143) after 2 3",
    )


async def test_what_ended_with_0_and_is_needed_healthy_is_started_again(rig: Rig) -> None:
    """It is no job; one whose end somebody waits for is, whoever else needs it healthy."""
    checked = {"healthcheck": {"test": ["CMD", "true"], "interval": "20ms"}}
    needs: dict[str, Any] = {"db": {"condition": "service_healthy"}}
    services: dict[str, Any] = {"db": checked, "web": {"depends_on": needs}}
    await rig.up(project(services))
    rig.world.end(rig.box("p-db-1"), 0)
    assert plain(await rig.plan(project(services))) == "1 start container p-db-1 exited (0)\n"
    services["job"] = {"depends_on": {"db": {"condition": "service_completed_successfully"}}}
    assert "p-db-1" not in await rig.plan(project(services))
    services = {"db": checked, "web": {"depends_on": {"db": {**needs["db"], "required": False}}}}
    assert (await rig.plan(project(services))).startswith(NOTHING)


async def test_what_is_paused_goes_on(rig: Rig) -> None:
    await rig.up(base())
    await rig.backend.pause_container("p-web-1")
    assert plain(await rig.plan(base())) == "1 unpause container p-web-1 paused\n"
    await rig.up(base())
    assert rig.names()["p-web-1"] == "running"


async def test_an_image_that_was_built_anew_outside(rig: Rig) -> None:
    await rig.up(project({"one": {}}))
    rig.world.make_image(IMAGE)
    assert plain(await rig.plan(project({"one": {}}))) == plain("""
        1 create container p-one-1_next image changed
        2 stop container p-one-1 image changed after 1
        3 rename container p-one-1 image changed after 2
        4 rename container p-one-1_next image changed after 3
        5 start container p-one-1 image changed after 4
        6 remove container p-one-1 replaced: image changed
    """)


async def test_an_image_that_one_service_builds_and_another_only_names(rig: Rig) -> None:
    for policy in ("missing", "never"):
        first = {"image": "shared", "pull_policy": policy, "network_mode": "none"}
        wanted = project({"a": first, "b": {"image": "shared", "build": {"context": "/"}, "network_mode": "none"}})
        assert plain(await rig.plan(wanted)).startswith(plain("1 build image shared missing"))
        assert "pull image" not in await rig.plan(wanted)


def built(*sources: str) -> dict[str, Any]:
    contexts = {source: f"service:{source}" for source in sources}
    return {"build": {"context": "/", "additional_contexts": contexts}, "network_mode": "none"}


async def test_an_image_comes_after_those_that_it_is_built_from(rig: Rig) -> None:
    wanted = project({"app": built("lib", "base"), "base": built(), "lib": built("base")})
    assert plain(await rig.plan(wanted)).startswith(
        plain("""
        1 build image p-base missing
        2 build image p-lib missing after 1
        3 build image p-app missing after 1 2
    """)
    )
    # Only what the build of another needs, and only while that is built.
    assert plain(await rig.plan(wanted, services=["app"])).startswith(
        plain("""
        1 build image p-base missing, for the build of app
        2 build image p-lib missing, for the build of app after 1
        3 build image p-app missing after 1 2
        4 create container p-app-1 missing after 3
    """)
    )
    rig.world.make_image("p-app")
    assert plain(await rig.plan(wanted, services=["app"])).startswith(plain("1 create container p-app-1 missing"))
    assert plain(await rig.plan(wanted, services=["app"], build=True)).startswith(
        plain("""
        1 build image p-base asked for, for the build of app
        2 build image p-lib asked for, for the build of app after 1
        3 build image p-app asked for after 1 2
    """)
    )


async def test_builds_that_wait_for_each_other(rig: Rig) -> None:
    with pytest.raises(DependencyCycle) as caught:
        await rig.plan(project({"a": built("b"), "b": built("a")}))
    assert caught.value.details["cycle"] == ["a", "b", "a"]


async def test_a_network_that_somebody_removed(rig: Rig) -> None:
    await rig.up(project({"one": {}}))
    await rig.backend.disconnect_network("p_default", "p-one-1")
    await rig.backend.remove_network("p_default")
    assert plain(await rig.plan(project({"one": {}}))) == plain("""
        1 create network p_default missing
        2 create container p-one-1_next network p_default is made anew after 1
        3 stop container p-one-1 network p_default is made anew after 2
        4 rename container p-one-1 network p_default is made anew after 3
        5 rename container p-one-1_next network p_default is made anew after 4
        6 start container p-one-1 network p_default is made anew after 5
        7 remove container p-one-1 replaced: network p_default is made anew
    """)
    await rig.up(project({"one": {}}))
    assert set(rig.box("p-one-1").networks) == {"p_default"}


async def test_whoever_joins_a_container_that_is_made_anew_is_made_anew(rig: Rig) -> None:
    def joined(**members: Any) -> Any:
        return project({"a": members, "b": {"network_mode": "service:a"}})

    await rig.up(joined())
    assert plain(await rig.plan(joined(environment={"A": "1"}))) == plain("""
        1 create container p-a-1_next configuration changed
        2 stop container p-b-1 a, whose namespaces it joins, is made anew after 1
        3 stop container p-a-1 configuration changed after 1 2
        4 rename container p-a-1 configuration changed after 3
        5 rename container p-a-1_next configuration changed after 4
        6 start container p-a-1 configuration changed after 5
        7 create container p-b-1_next a, whose namespaces it joins, is made anew after 6
        8 rename container p-b-1 a, whose namespaces it joins, is made anew after 2 6 7
        9 rename container p-b-1_next a, whose namespaces it joins, is made anew after 8
        10 start container p-b-1 a, whose namespaces it joins, is made anew after 6 9
        11 remove container p-b-1 replaced: a, whose namespaces it joins, is made anew
        12 remove container p-a-1 replaced: configuration changed after 11
    """)


async def test_a_dependent_that_asks_for_it_restarts(rig: Rig) -> None:
    def pair(**members: Any) -> Any:
        needs = {"a": {"condition": "service_started", "restart": True}}
        return project({"a": members, "b": {"depends_on": needs}, "c": {"depends_on": ["a"]}})

    await rig.up(pair())
    text = plain(await rig.plan(pair(environment={"A": "1"})))
    assert "6 restart container p-b-1 a was made anew after 5\n" in text
    assert "p-c-1" not in text


async def test_hooks_configs_and_the_order_of_both(rig: Rig) -> None:
    wanted = project(
        {"one": {"configs": ["c"], "scale": 2, "post_start": [{"command": "x"}], "pre_start": [{"command": "y"}]}},
        configs={"c": {"content": "text"}},
    )
    assert plain(await rig.plan(wanted)) == plain("""
        1 create network p_default missing
        2 create container p-one-1 missing after 1
        3 copy files p-one-1 configs and secrets after 2
        4 run hook p-one-1 pre_start[0] after 3
        5 start container p-one-1 missing after 3 4
        6 run hook p-one-1 post_start[0] after 5
        7 create container p-one-2 missing after 1
        8 copy files p-one-2 configs and secrets after 7
        9 start container p-one-2 missing after 4 8
        10 run hook p-one-2 post_start[0] after 9
    """)


async def test_the_content_of_a_config_is_configuration(rig: Rig) -> None:
    def with_content(text: str) -> Any:
        return project({"one": {"configs": ["c"]}}, configs={"c": {"content": text}})

    await rig.up(with_content("one"))
    assert await rig.plan(with_content("one")) == NOTHING
    assert "configuration changed" in await rig.plan(with_content("two"))


# -- what an interrupted up leaves ------------------------------------------------------------------


async def test_an_up_that_was_killed_before_the_names_were_given(rig: Rig) -> None:
    """The new container is there, and the old one runs under the name that the new one shall have."""
    await rig.up(project({"one": {}}))
    wanted = project({"one": {"environment": {"A": "1"}}})
    await kill_at(rig, wanted, "stop_container")
    assert sorted(rig.names()) == ["p-one-1", "p-one-1_next"]
    assert plain(await rig.plan(wanted)) == plain("""
        1 stop container p-one-1 left over
        2 rename container p-one-1 left over after 1
        3 rename container p-one-1_next left over after 2
        4 start container p-one-1 created, not started after 3
        5 remove container p-one-1 left over
    """)
    await rig.up(wanted)
    assert rig.names() == {"p-one-1": "running"}
    assert await rig.plan(wanted) == NOTHING


async def test_what_was_left_is_not_in_the_way_of_yet_another_change(rig: Rig) -> None:
    await rig.up(project({"one": {}}))
    await kill_at(rig, project({"one": {"environment": {"A": "1"}}}), "stop_container")
    wanted = project({"one": {"environment": {"A": "2"}}})
    await rig.up(wanted)
    assert rig.names() == {"p-one-1": "running"}
    assert await rig.plan(wanted) == NOTHING


@pytest.mark.parametrize("method", ["create_container", "rename_container", "start_container", "remove_container"])
@pytest.mark.parametrize("number", [1, 2])
async def test_wherever_it_was_killed_the_next_up_converges(rig: Rig, method: str, number: int) -> None:
    await rig.up(base())
    wanted = base({"web": {"environment": {"A": "1"}}, "db": {"environment": {"A": "1"}}})
    await kill_at(rig, wanted, method, number)
    await rig.up(wanted)
    assert sorted(rig.names()) == ["p-db-1", "p-job-1", "p-web-1", "p-web-2"]
    assert await rig.plan(wanted) == NOTHING
    report = await rig.down(volumes=True)
    assert report.errors == [] and not rig.world.boxes and not rig.world.volumes


async def test_a_hooks_container_that_was_left_goes(rig: Rig) -> None:
    rig.behave["one"] = Behaviour(exit_code=0)
    wanted = project({"one": {"pre_start": [{"command": "x"}]}})
    await kill_at(rig, wanted, "start_container")
    assert len(rig.names()) == 2
    await rig.up(wanted)
    assert list(rig.names()) == ["p-one-1"]


class Killed(BaseException):
    """The process is gone: nothing is put back."""


async def kill_at(rig: Rig, wanted: Any, method: str, number: int = 1) -> None:
    """An up that is killed when it makes the ``number``-th call ``method``."""
    seen = 0

    async def watch(call: Any, moment: str) -> None:
        nonlocal seen
        if call.write and seen >= number:
            raise Killed
        if call.method == method and moment == "before":
            seen += 1
            if seen == number:
                raise Killed

    rig.backend.interrupt = watch
    with pytest.raises(BaseException):  # noqa: B017 - alone or in a group
        await rig.up(wanted, rollback=False)
    rig.calm()


# -- what is refused --------------------------------------------------------------------------------


async def test_what_is_external_has_to_be_there(rig: Rig) -> None:
    wanted = project({"one": {"networks": ["n"]}}, networks={"n": {"external": True, "name": "theirs"}})
    with pytest.raises(NotFound, match="networks.n: the external network theirs is not there"):
        await rig.plan(wanted)
    wanted = project({"one": {"volumes": ["vol:/v"]}}, volumes={"vol": {"external": True}})
    with pytest.raises(NotFound, match="volumes.vol: the external volume vol is not there"):
        await rig.plan(wanted)


async def test_a_network_of_somebody_else_is_not_taken(rig: Rig) -> None:
    await rig.backend.create_network("p_default", NetworkSpec())
    with pytest.raises(Conflict, match="does not belong to p"):
        await rig.up(project({"one": {}}))


async def test_a_network_that_two_projects_call_the_same_is_shared(rig: Rig) -> None:
    """Whose it is keeps it; another key, which docker compose refuses too, is no sharing."""
    shared: dict[str, Any] = {"name": "shared"}
    other = project({"one": {"networks": ["n"]}}, name="q", networks={"n": shared})
    await rig.up(other)
    text = await rig.plan(project({"one": {"networks": ["n"]}}, networks={"n": {**shared, "internal": True}}))
    assert "note: networks.n: a network shared is there already and does not belong to p, but to q; it is used as it is" in text
    assert "create network" not in text
    wanted = project({"one": {"networks": ["n"]}}, networks={"n": shared})
    await rig.up(wanted)
    assert set(rig.box("p-one-1").networks) == {"shared"}
    await rig.down("p", wanted)
    assert "shared" in rig.world.networks and rig.names() == {"q-one-1": "running"}
    with pytest.raises(Conflict, match="does not belong to p"):
        await rig.plan(project({"one": {"networks": ["m"]}}, networks={"m": shared}))


async def test_a_volume_of_somebody_else_is_used_and_said(rig: Rig) -> None:
    await rig.backend.create_volume("p_data", VolumeSpec())
    text = await rig.plan(project({"one": {"volumes": ["data:/d"]}}, volumes={"data": {}}))
    assert "note: volumes.data: the volume p_data was not created by p; it is used as it is" in text
    assert "create volume" not in text


async def test_an_image_that_nothing_may_fetch(rig: Rig) -> None:
    with pytest.raises(NotFound, match="services.one.image: gone is not there, and its pull policy is never"):
        await rig.up(project({"one": {"image": "gone", "pull_policy": "never"}}))


async def test_services_and_scales_that_cannot_be(rig: Rig) -> None:
    with pytest.raises(NotFound, match="^no such service: two$"):
        await rig.plan(project({"one": {}}), services=("two",))
    with pytest.raises(ValidationError, match="cannot have one name"):
        await rig.plan(project({"one": {"container_name": "own"}}), scale={"one": 2})


# -- the plan as data -------------------------------------------------------------------------------


def test_a_plan_as_data() -> None:
    builder = PlanBuilder("p", SERVICES)
    first = builder.add(CreateNetwork("n", None, key="secret of the executor"), "missing")
    builder.add(StartContainer("c", "s"), "missing", [first, None, first])
    builder.note("once")
    builder.note("once")
    found = builder.build()
    assert found.to_dict() == {
        "project": "p",
        "steps": [
            {"step": 1, "action": "create network", "target": "n", "cause": "missing", "service": None, "after": []},
            {"step": 2, "action": "start container", "target": "c", "cause": "missing", "service": "s", "after": [1]},
        ],
        "notes": ["once"],
    }
    assert "secret of the executor" not in repr(found) + found.text()
    assert not found.empty


async def test_named_services_bring_what_they_depend_on(rig: Rig) -> None:
    wanted = project({"a": {}, "b": {"depends_on": ["a"]}, "c": {}})
    text = await rig.plan(wanted, services=("b",))
    assert "p-a-1" in text and "p-b-1" in text and "p-c-1" not in text
    assert "p-a-1" not in await rig.plan(wanted, services=("b",), dependencies=False)


async def test_a_project_of_docker_compose_is_taken_over(rig: Rig) -> None:
    from perry_ffi.model.base import validate
    from perry_ffi.model.container import ContainerSpec

    theirs = {"project": "p", "service": "one", "container-number": "1", "oneoff": "False", "config-hash": "x"}
    labels = {identity.THEIRS + name: value for name, value in theirs.items()}
    spec = validate(ContainerSpec, {"image": IMAGE, "name": "p-one-1", "labels": labels})
    await rig.backend.run_container(spec)
    assert "configuration changed" in await rig.plan(project({"one": {}}))
    await rig.up(project({"one": {}}))
    assert rig.names() == {"p-one-1": "running"}


def called(**names: str) -> Any:
    return project({service: {"container_name": name} for service, name in names.items()})


async def test_two_services_that_swap_their_container_names(rig: Rig) -> None:
    await rig.up(called(a="xx", b="yy"))
    text = expected(
        """
        1 rename container xx its name goes to b
        2 rename container yy its name goes to a
        3 create container yy_next configuration changed
        4 stop container xx configuration changed after 3
        5 rename container yy_next configuration changed after 1 2 4
        6 start container yy configuration changed after 5
        7 create container xx_next configuration changed
        8 stop container yy configuration changed after 7
        9 rename container xx_next configuration changed after 1 2 8
        10 start container xx configuration changed after 9
        11 remove container yy replaced: configuration changed
        12 remove container xx replaced: configuration changed
        """,
        rig,
    )
    assert plain(await rig.plan(called(a="yy", b="xx"))) == text
    await rig.up(called(a="yy", b="xx"))
    assert {box.name: box.spec.labels[identity.SERVICE] for box in rig.world.boxes.values()} == {"yy": "a", "xx": "b"}
    assert await rig.plan(called(a="yy", b="xx")) == NOTHING


async def test_a_swap_that_fails_gives_the_names_back(rig: Rig) -> None:
    await rig.up(called(a="xx", b="yy"))
    was = rig.state()
    for number in range(10):
        hit = rig.interrupt(number, lambda: BackendError("cut", backend="fake"), "after")
        with pytest.raises(BackendError):
            await rig.up(called(a="yy", b="xx"))
        assert hit() and rig.state() == was, number
        rig.calm()


async def test_a_service_that_is_renamed_and_keeps_its_container_name(rig: Rig) -> None:
    await rig.up(called(a="xx"))
    await rig.up(called(b="xx"), remove_orphans=True)
    assert {box.name: box.spec.labels[identity.SERVICE] for box in rig.world.boxes.values()} == {"xx": "b"}
    with pytest.raises(Conflict):
        await rig.up(called(c="xx"))


async def test_a_build_that_the_engine_refuses_names_the_member_of_the_file(rig: Rig) -> None:
    refused = Unsupported("BuildSpec.network: fake cannot honour it", member="BuildSpec.network", backend="fake")
    rig.interrupt(0, lambda: refused)
    with pytest.raises(Unsupported, match=r"^services\.one\.build\.network: fake cannot honour it$") as caught:
        await rig.up(project({"one": {"build": {"context": "/", "network": "none"}, "network_mode": "none"}}))
    assert caught.value.details["member"] == "services.one.build.network"


async def test_what_goes_for_good_runs_its_hooks_before_it_stops(rig: Rig) -> None:
    """As with ``down``, and with docker compose; what is replaced runs none, there neither, but for what its successor serves beside."""
    hooks = [{"command": ["drain"]}, {"command": ["tell"]}]
    members = {"pre_stop": hooks, "deploy": {"replicas": 3}}
    await rig.up(project({"web": members}))
    rig.world.find("p-web-3").status = "paused"
    fewer = project({"web": {**members, "deploy": {"replicas": 1}}})
    assert plain(await rig.plan(fewer)) == plain("""
        1 run hook p-web-2 pre_stop[0]
        2 run hook p-web-2 pre_stop[1] after 1
        3 stop container p-web-2 scaled down after 2
        4 stop container p-web-3 scaled down
        5 remove container p-web-3 scaled down
        6 remove container p-web-2 scaled down
        """)
    rig.world.find("p-web-3").status = "running"
    await rig.up(fewer)
    run = [(call.method, call.subject) for call in rig.backend.writes if call.method in ("exec_container", "stop_container")][-6:]
    assert [method for method, _ in run].count("exec_container") == 4
    replaced = project({"web": {**members, "deploy": {"replicas": 1}, "environment": {"A": "1"}}})
    assert "pre_stop" not in await rig.plan(replaced)
    assert plain(await rig.plan(replaced, rolling=True)) == plain("""
        1 create container p-web-2 configuration changed
        2 start container p-web-2 configuration changed after 1
        3 wait p-web-2 serving before p-web-1 stops after 2
        4 run hook p-web-1 pre_stop[0] after 3
        5 run hook p-web-1 pre_stop[1] after 4
        6 stop container p-web-1 configuration changed after 5
        7 remove container p-web-1 succeeded: configuration changed
        """)
    before = len(rig.backend.writes)
    await rig.up(replaced, rolling=True)
    assert [call.method for call in rig.backend.writes[before:] if call.method in ("exec_container", "stop_container")] == [
        "exec_container", "exec_container", "stop_container",
    ]  # fmt: skip
