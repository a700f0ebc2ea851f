"""A tmpfs is the same directory on both engines, or what is different is named."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.engine_api.requests.container import container_payload
from perry_ffi.backends.engine_api.requests.service import ServicePayload, service_payload
from perry_ffi.backends.rules import tmpfs
from perry_ffi.errors import Unsupported
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.service import ServiceSpec


def plain(flavour: Any, **members: Any) -> dict[str, str]:
    spec = validate(ContainerSpec, {"image": "bb", **members})
    return container_payload(spec, flavour).body["HostConfig"]["Tmpfs"]


def service(flavour: Any, options: str, user: str | None = None) -> ServicePayload:
    spec = validate(ServiceSpec, {"image": "bb", "name": "web", "user": user, "tmpfs": {"/t": options}})
    return service_payload(spec, flavour)


def sent(found: ServicePayload) -> str:
    return found.payload.body["HostConfig"]["Tmpfs"]["/t"]


@pytest.mark.parametrize(
    ("options", "docker", "podman"),
    [
        ("", "", "noexec,notmpcopyup"),
        ("size=64k,mode=770", "size=64k,mode=770", "noexec,notmpcopyup,size=64k,mode=770"),
        ("size=10%,exec", "size=10%,exec", "exec,notmpcopyup,size=10%"),
        ("noexec,nosuid,nodev,ro", "noexec,nosuid,nodev,ro", "noexec,notmpcopyup,nosuid,nodev,ro"),
        ("size=1k,,size=2k,exec,noexec", "size=2k,noexec", "noexec,notmpcopyup,size=2k"),
        ("private,rslave", "rslave", "noexec,notmpcopyup,rslave"),
        ("defaults,relatime", "defaults,relatime", "noexec,notmpcopyup"),
        ("notmpcopyup", "", "noexec,notmpcopyup"),
        ("uid=0,gid=00", "uid=0,gid=00", "noexec,notmpcopyup"),
    ],
)
def test_what_an_engine_is_told(options: str, docker: str, podman: str) -> None:
    assert plain("docker", tmpfs={"/t": options}) == {"/t": docker}
    assert plain("podman", tmpfs={"/t": options}) == {"/t": podman}
    for flavour in ("docker", "podman"):
        found = service(flavour, options)
        assert sent(found) == (docker if flavour == "docker" else podman) and found.warnings == ()


def test_the_long_form() -> None:
    mount = {"type": "tmpfs", "target": "/t", "read_only": True, "tmpfs": {"size": 5, "mode": 448}}
    assert plain("docker", volumes=[mount]) == {"/t": "ro,size=5,mode=700"}
    assert plain("podman", volumes=[mount]) == {"/t": "noexec,notmpcopyup,ro,size=5,mode=700"}


@pytest.mark.parametrize(
    ("user", "options", "whose"),
    [
        ("1000:1000", "uid=1000,gid=1000", tmpfs.Owner.USER),
        ("01000:5", "gid=5,uid=1000", tmpfs.Owner.USER),
        ("0:7", "gid=7", tmpfs.Owner.USER),
        ("1000:0", "uid=1000", tmpfs.Owner.USER),
        ("1000:1000", "uid=1000", tmpfs.Owner.USER_BUT_GROUP),
        ("1000", "uid=1000,gid=1000", tmpfs.Owner.USER_BUT_GROUP),
        ("1000:staff", "uid=1000,gid=50", tmpfs.Owner.USER_BUT_GROUP),
        ("1000:1000", "uid=1000,gid=5", tmpfs.Owner.OTHER),
        ("1000:1000", "uid=1001,gid=1000", tmpfs.Owner.OTHER),
        ("user:1000", "uid=1000,gid=1000", tmpfs.Owner.OTHER),
        (None, "uid=1000", tmpfs.Owner.OTHER),
        ("1000:1000", "gid=1000", tmpfs.Owner.OTHER),
        ("1000", "size=5", tmpfs.Owner.ROOT),
        ("1000", "uid=0", tmpfs.Owner.ROOT),
    ],
)
def test_an_owner_on_podman(user: str | None, options: str, whose: tmpfs.Owner) -> None:
    assert tmpfs.owner(options, user) is whose
    assert sent(service("docker", options, user)) == options
    if whose is tmpfs.Owner.OTHER:
        with pytest.raises(Unsupported, match="in user and here") as caught:
            service("podman", options, user)
        assert caught.value.details["member"] == "tmpfs[0].uid"
        return
    found = service("podman", options, user)
    assert ("U" in sent(found).split(",")) is (whose is not tmpfs.Owner.ROOT) and "id=" not in sent(found)
    assert [item.member for item in found.warnings] == (["tmpfs[0].gid"] if whose is tmpfs.Owner.USER_BUT_GROUP else [])


@pytest.mark.parametrize("option", ["nr_inodes=10", "nr_blocks=10", "mpol=default", "noatime", "sync", "mand"])
def test_what_only_docker_takes_is_warned_of(option: str) -> None:
    assert sent(service("docker", f"size=1k,{option}")) == f"size=1k,{option}"
    found = service("podman", f"size=1k,{option}")
    assert sent(found) == "noexec,notmpcopyup,size=1k"
    assert [item.member for item in found.warnings] == ["tmpfs[0]." + option.partition("=")[0]]
    with pytest.raises(Unsupported, match=r"ContainerSpec\.tmpfs\[0\]"):
        plain("podman", tmpfs={"/t": option})


@pytest.mark.parametrize("option", ["U", "tmpcopyup"])
def test_what_only_podman_takes_is_refused(option: str) -> None:
    assert option in sent(service("podman", option)).split(",")
    with pytest.raises(Unsupported, match=r"tmpfs\[0\]"):
        service("docker", option)
    with pytest.raises(Unsupported, match=r"tmpfs\[0\]"):
        plain("docker", tmpfs={"/t": option})


@pytest.mark.parametrize("option", ["bogus", "huge=never", "uid=me", "size", "noexec=1", "remount", "z"])
@pytest.mark.parametrize("flavour", ["docker", "podman"])
def test_what_nobody_knows_is_refused(flavour: str, option: str) -> None:
    for ask in (service, lambda engine, options: plain(engine, tmpfs={"/t": options})):
        with pytest.raises(Unsupported, match=r"tmpfs\[0\]"):
            ask(flavour, option)
