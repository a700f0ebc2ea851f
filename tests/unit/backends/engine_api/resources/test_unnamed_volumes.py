"""Volumes that docker keeps no name of: handed on and removed by the name that their folder has."""

from __future__ import annotations

from typing import Any

from perry_ffi.backends.engine_api.resources.unnamed_volumes import left_over, unused, with_names
from perry_ffi.model.base import validate
from perry_ffi.model.container_info import ContainerInfo, Mounted
from perry_ffi.model.mounts import Mount
from perry_ffi.model.service import ServiceSpec


def container(*mounts: Mounted) -> ContainerInfo:
    return ContainerInfo(id="1", name="c", image="bb", status="exited", created="", mounts=list(mounts))


def nameless(target: str, name: str, read_only: bool = False) -> Mounted:
    return Mounted(kind="volume", target=target, name=name, nameless=True, read_only=read_only)


def spec(**members: Any) -> ServiceSpec:
    return validate(ServiceSpec, {"image": "bb", "name": "xx"}).model_copy(update=members)


NAMED = Mounted(kind="volume", target="/named", name="named")


def test_those_of_a_container_that_nobody_else_has() -> None:
    info = container(nameless("/a", "v1"), NAMED, nameless("/b", "v2"))
    assert left_over(info) == ["v1", "v2"]
    other = container(Mounted(kind="volume", target="/x", name="v2"))
    assert unused(left_over(info), [other]) == ["v1"]
    assert unused(["v1"], [container(nameless("/a", "v1"))]) == []


def test_what_else_the_engine_made_for_one_may_be_left_too() -> None:
    """Not what somebody named, whatever the name looks like; nor what is another container's."""
    made = Mounted(kind="volume", target="/of-image", name="a" * 64, anonymous=True)
    handed = Mounted(kind="volume", target="/handed", name="b" * 64, anonymous=True)
    bound = Mounted(kind="volume", target="/bound", name="c" * 64, anonymous=True)
    host = {
        "Binds": ["/a", f"{bound.name}:/bound/:ro"],
        "Mounts": [{"Source": handed.name, "Target": "/handed"}, {"Target": "/a"}],
    }
    info = container(nameless("/a", "v1"), made, handed, bound, NAMED).model_copy(update={"raw": {"HostConfig": host}})
    assert left_over(info) == ["v1", made.name]
    shares = info.model_copy(update={"raw": {"HostConfig": {**host, "VolumesFrom": ["other"]}}})
    assert left_over(shares) == ["v1"]
    assert left_over(container(made, NAMED)) == [], "the engine knows them"


def test_who_has_its_volumes_from_one_gets_them_by_name() -> None:
    source = container(
        nameless("/a", "v1"), NAMED, nameless("/b", "v2", read_only=True), nameless("/c", "v3"), nameless("/d", "v4")
    )
    own = [Mount("volume", "/c/", "mine")]
    found = with_names(spec(volumes=own, tmpfs={"/d": ""}), [(source, False)])
    assert found.volumes == [*own, Mount("volume", "/a", "v1"), Mount("volume", "/b", "v2", True)]
    assert with_names(spec(), [(source, True)]).volumes[0] == Mount("volume", "/a", "v1", True)
    plain = spec(volumes=own)
    assert with_names(plain, [(container(NAMED), False)]) is plain
