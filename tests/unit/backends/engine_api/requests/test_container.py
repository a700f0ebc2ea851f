"""Every member of ContainerSpec on both flavours: where it lands, or by what name it is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.engine_api.requests import container as payloads
from perry_ffi.backends.engine_api.requests.container import ContainerPayload, container_payload, default_name
from perry_ffi.backends.engine_api.requests.security import SeccompProfile, read_seccomp, seccomp_path
from perry_ffi.errors import NotFound, Unsupported, ValidationError
from perry_ffi.model.base import decode
from perry_ffi.model.container import ContainerSpec

FLAVOURS = ("docker", "podman")


def spec(**members: Any) -> ContainerSpec:
    return decode(ContainerSpec, json.dumps({"image": "bb", "name": "web", **members}))


def payload(flavour: str, api: tuple[int, int] = (1, 41), **members: Any) -> ContainerPayload:
    return container_payload(spec(**members), flavour, api=api)  # type: ignore[arg-type]


def lookup(body: dict[str, Any], path: str) -> Any:
    for step in path.split("."):
        body = body[step]
    return body


def grace(flavour: str) -> dict[str, int]:
    """What a container of podman's API has to be given, or its stop would be a kill."""
    return {"StopTimeout": 10} if flavour == "podman" else {}


LANDS: list[tuple[dict[str, Any], str, Any]] = [
    ({}, "Image", "bb"),
    ({"cmd": ["-c", "--rm", "", "a b"]}, "Cmd", ["-c", "--rm", "", "a b"]),
    ({"entrypoint": ["/bin/x", "-n"]}, "Entrypoint", ["/bin/x", "-n"]),
    ({"env": {"A": "b=c", "B": ""}}, "Env", ["A=b=c", "B="]),
    ({"labels": {"a": "b=c", "-l": ""}}, "Labels", {"a": "b=c", "-l": ""}),
    ({"user": "1:2"}, "User", "1:2"),
    ({"user": 1000}, "User", "1000"),
    ({"workdir": "/a b"}, "WorkingDir", "/a b"),
    ({"hostname": "h1"}, "Hostname", "h1"),
    ({"stop_signal": "SIGINT"}, "StopSignal", "SIGINT"),
    ({"stop_timeout": 0}, "StopTimeout", 0),
    ({"stop_timeout": "90s"}, "StopTimeout", 90),
    ({"security_opt": ["no-new-privileges=1", "apparmor=", "seccomp=builtin"]}, "HostConfig.SecurityOpt", ["no-new-privileges:true"]),
    ({"security_opt": ["no-new-privileges:FALSE", "label:disable"]}, "HostConfig.SecurityOpt", ["label=disable"]),
    ({"tmpfs": {"/t": "size=1m"}, "dns": ["1.1.1.1"]}, "HostConfig.Dns", ["1.1.1.1"]),
    ({"rm": True}, "HostConfig.AutoRemove", True),
    ({"read_only": True}, "HostConfig.ReadonlyRootfs", True),
    ({"privileged": True}, "HostConfig.Privileged", True),
    ({"cap_add": ["NET_ADMIN"]}, "HostConfig.CapAdd", ["NET_ADMIN"]),
    ({"cap_drop": ["ALL"]}, "HostConfig.CapDrop", ["ALL"]),
    ({"no_new_privileges": True}, "HostConfig.SecurityOpt", ["no-new-privileges:true"]),
    ({"security_opt": ["no-new-privileges"], "no_new_privileges": True}, "HostConfig.SecurityOpt",
        ["no-new-privileges:true"]),
    ({"security_opt": ["no-new-privileges=false", "label:disable"]}, "HostConfig.SecurityOpt", ["label=disable"]),
    ({"security_opt": ["apparmor=my:profile"]}, "HostConfig.SecurityOpt", ["apparmor=my:profile"]),
    ({"security_opt": ["seccomp=unconfined"]}, "HostConfig.SecurityOpt", ["seccomp=unconfined"]),
    ({"seccomp": "unconfined", "security_opt": ["seccomp:unconfined"]}, "HostConfig.SecurityOpt",
        ["seccomp=unconfined"]),
    ({"restart": "on-failure:3"}, "HostConfig.RestartPolicy", {"Name": "on-failure", "MaximumRetryCount": 3}),
    ({"restart": "no"}, "HostConfig.RestartPolicy", {"Name": "no", "MaximumRetryCount": 0}),
    ({"init": True}, "HostConfig.Init", True),
    ({"init": False}, "HostConfig.Init", False),
    ({"memory": "64m"}, "HostConfig.Memory", 64 << 20),
    ({"cpus": 0.1}, "HostConfig.NanoCpus", 100_000_000),
    ({"pids_limit": -1}, "HostConfig.PidsLimit", -1),
    ({"shm_size": "1m"}, "HostConfig.ShmSize", 1 << 20),
    ({"sysctls": {"net.core.somaxconn": 512}}, "HostConfig.Sysctls", {"net.core.somaxconn": "512"}),
    ({"extra_hosts": {"db": "10.0.0.1"}}, "HostConfig.ExtraHosts", ["db:10.0.0.1"]),
    ({"dns": ["1.1.1.1"]}, "HostConfig.Dns", ["1.1.1.1"]),
    (
        {"devices": ["/dev/fuse:/dev/f:r"]},
        "HostConfig.Devices",
        [{"PathOnHost": "/dev/fuse", "PathInContainer": "/dev/f", "CgroupPermissions": "r"}],
    ),
    (
        {"healthcheck": {"test": ["CMD", "a"], "interval": "5s", "timeout": 1, "retries": 2, "start_period": "1ms"}},
        "Healthcheck",
        {"Test": ["CMD", "a"], "Interval": 5 * 10**9, "Timeout": 10**9, "Retries": 2, "StartPeriod": 10**6},
    ),
    ({"healthcheck": {"disable": True}}, "Healthcheck", {"Test": ["NONE"]}),
    ({"ports": ["8080:80", "81/udp"]}, "ExposedPorts", {"80/tcp": {}, "81/udp": {}}),
    (
        {"ports": ["8080:80", "127.0.0.1::80", "81/udp"]},
        "HostConfig.PortBindings",
        {
            "80/tcp": [{"HostIp": "", "HostPort": "8080"}, {"HostIp": "127.0.0.1", "HostPort": ""}],
            "81/udp": [{"HostIp": "", "HostPort": ""}],
        },
    ),
    ({"volumes": ["v0:/z:nocopy,Z", "v1:/a:ro", "/h:/b:z,rslave"]}, "HostConfig.Binds", ["v0:/z:Z,nocopy", "v1:/a:ro",
        "/h:/b:z,rslave"]),
    ({"network": "host"}, "HostConfig.NetworkMode", "host"),
    ({"network": "none"}, "HostConfig.NetworkMode", "none"),
    ({"network": "container:abc"}, "HostConfig.NetworkMode", "container:abc"),
    ({"network": "n1"}, "HostConfig.NetworkMode", "n1"),
    ({"network": "n1", "aliases": ["db"]}, "NetworkingConfig.EndpointsConfig", {"n1": {"Aliases": ["db"]}}),
    ({"networks": {"n1": {"ipv4_address": "10.0.0.9", "ipv6_address": "fd00::9"}}},
        "NetworkingConfig.EndpointsConfig", {"n1": {"IPAMConfig": {"IPv4Address": "10.0.0.9",
        "IPv6Address": "fd00::9"}}}),
]  # fmt: skip


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(("members", "path", "value"), LANDS)
def test_a_member_lands_in_the_body(flavour: str, members: dict[str, Any], path: str, value: Any) -> None:
    assert lookup(payload(flavour, **members).body, path) == value


ONE_FLAVOUR: list[tuple[str, dict[str, Any], str, Any]] = [
    ("docker", {"runtime": "runc-alt"}, "HostConfig.Runtime", "runc-alt"),
    ("docker", {"entrypoint": []}, "Entrypoint", []),
    ("podman", {"entrypoint": []}, "Entrypoint", [""]),
    ("docker", {"tmpfs": ["/run:size=1m"]}, "HostConfig.Tmpfs", {"/run": "size=1m"}),
    ("docker", {"gpus": "all"}, "HostConfig.DeviceRequests", [{"Driver": "", "Capabilities": [["gpu"]],
        "Count": -1}]),
    (
        "docker",
        {"gpus": [{"device_ids": ["0"], "options": {"a": "b"}}]},
        "HostConfig.DeviceRequests",
        [{"Driver": "", "Capabilities": [["gpu"]], "DeviceIDs": ["0"], "Options": {"a": "b"}}],
    ),
    ("docker", {"ulimits": {"nofile": 5}}, "HostConfig.Ulimits", [{"Name": "nofile", "Soft": 5, "Hard": 5}]),
    ("docker", {"ports": ["8000-8010:80"]}, "HostConfig.PortBindings", {"80/tcp": [{"HostIp": "",
        "HostPort": "8000-8010"}]}),
    ("docker", {"security_opt": ["systempaths=unconfined"]}, "HostConfig.MaskedPaths", []),
    ("docker", {"security_opt": ["systempaths=unconfined"]}, "HostConfig.ReadonlyPaths", []),
    ("podman", {"security_opt": ["systempaths=unconfined"]}, "HostConfig.SecurityOpt", ["systempaths=unconfined"]),
    ("podman", {"security_opt": ["mask=/a", "unmask=/b"]}, "HostConfig.SecurityOpt", ["mask=/a", "unmask=/b"]),
    ("docker", {"network": "default"}, "HostConfig.NetworkMode", "default"),
    ("docker", {"stop_timeout": -1}, "StopTimeout", -1),
    ("docker", {"sysctls": {"net/ipv4/ip_forward": 1}}, "HostConfig.Sysctls", {"net/ipv4/ip_forward": "1"}),
    ("podman", {"sysctls": {"net/ipv4/conf/e.1/x": 1, "net.a": 2}}, "HostConfig.Sysctls", {"net.ipv4.conf.e/1.x": "1", "net.a": "2"}),
    ("podman", {"stop_timeout": -1}, "StopTimeout", 2**31 - 1),
    ("docker", {"dns": ["dns.example"]}, "HostConfig.Dns", ["dns.example"]),
    ("docker", {"labels": {"": "x", "a=b": "c"}}, "Labels", {"": "x", "a=b": "c"}),
    ("docker", {"networks": {"n 1": {"aliases": ["a b"]}}}, "NetworkingConfig.EndpointsConfig.n 1.Aliases", ["a b"]),
    ("podman", {"network": "default"}, "HostConfig.NetworkMode", "bridge"),
    ("docker", {"networks": {"n1": {"mac_address": "02:42:00:00:00:01"}}}, "MacAddress", "02:42:00:00:00:01"),
    ("podman", {"networks": {"n1": {"mac_address": "02:42:00:00:00:01"}}},
        "NetworkingConfig.EndpointsConfig.n1.MacAddress", "02:42:00:00:00:01"),
    ("docker", {"networks": {"n1": {"driver_opts": {"a": "b"}}}}, "NetworkingConfig.EndpointsConfig.n1.DriverOpts",
        {"a": "b"}),
    ("docker", {"networks": {"n1": {"link_local_ips": ["169.254.1.1"]}}},
        "NetworkingConfig.EndpointsConfig.n1.IPAMConfig.LinkLocalIPs", ["169.254.1.1"]),
    ("docker", {"healthcheck": {"interval": "5s"}}, "Healthcheck", {"Interval": 5 * 10**9}),
    (
        "docker",
        {"volumes": [{"type": "bind", "source": "/h", "target": "/t", "bind": {"create_host_path": False,
            "propagation": "rslave"}}]},
        "HostConfig.Mounts",
        [{"Type": "bind", "Source": "/h", "Target": "/t", "ReadOnly": False,
            "BindOptions": {"Propagation": "rslave"}}],
    ),
    (
        "docker",
        {"volumes": [{"type": "volume", "source": "v1", "target": "/t", "volume": {"labels": {"a": "b"},
            "nocopy": True}}]},
        "HostConfig.Mounts",
        [{"Type": "volume", "Source": "v1", "Target": "/t", "ReadOnly": False, "VolumeOptions": {"NoCopy": True,
            "Labels": {"a": "b"}}}],
    ),
    ("docker", {"volumes": ["/anon"]}, "HostConfig", {"Mounts": [{"Type": "volume", "Target": "/anon", "ReadOnly": False}]}),
    ("podman", {"volumes": ["/anon"]}, "HostConfig", {"Binds": ["/anon"]}),
    (
        "docker",
        {"volumes": [{"type": "volume", "target": "/t", "consistency": "cached", "volume": {"nocopy": True}}]},
        "HostConfig.Mounts",
        [{"Type": "volume", "Target": "/t", "ReadOnly": False, "Consistency": "cached", "VolumeOptions": {"NoCopy": True}}],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("flavour", "members", "path", "value"), ONE_FLAVOUR)
def test_where_the_flavours_differ(flavour: str, members: dict[str, Any], path: str, value: Any) -> None:
    assert lookup(payload(flavour, **members).body, path) == value


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("podman", {"runtime": "runc"}, "ContainerSpec.runtime"),
    ("podman", {"dns": ["1.1.1.1", "dns.example"]}, "ContainerSpec.dns[1]"),
    ("podman", {"networks": {"n1": {"aliases": ["a b"]}}}, "ContainerSpec.networks.n1.aliases"),
    ("podman", {"gpus": 1}, "ContainerSpec.gpus"),
    ("podman", {"ports": ["8000-8010:80"]}, "ContainerSpec.ports"),
    ("podman", {"healthcheck": {"interval": "5s"}}, "ContainerSpec.healthcheck"),
    ("podman", {"networks": {"n1": {"driver_opts": {"a": "b"}}}}, "ContainerSpec.networks.n1.driver_opts"),
    ("podman", {"networks": {"n1": {"link_local_ips": ["169.254.1.1"]}}}, "ContainerSpec.networks.n1.link_local_ips"),
    ("docker", {"networks": {"n1": {}, "n2": {"mac_address": "02:42:00:00:00:01"}}},
        "ContainerSpec.networks.n2.mac_address"),
    ("docker", {"security_opt": ["mask=/a"]}, "ContainerSpec.security_opt[0]"),
    *((f, {"isolation_level": "microvm"}, "ContainerSpec.isolation_level") for f in FLAVOURS),
    *((f, {"security_opt": ["label=disable", "bogus=1"]}, "ContainerSpec.security_opt[1]") for f in FLAVOURS),
    *((f, {"security_opt": ["seccomp="]}, "ContainerSpec.security_opt[0]") for f in FLAVOURS),
    *((f, {"healthcheck": {"test": "x", "start_interval": "1s"}},
        "ContainerSpec.healthcheck.start_interval") for f in FLAVOURS),
    *((f, {"volumes": [{"type": "volume", "source": "v1", "target": "/t", "volume": {"subpath": "a"}}]},
        "ContainerSpec.volumes[0].volume.subpath") for f in FLAVOURS),
    ("podman", {"volumes": [{"type": "bind", "source": "/h", "target": "/t",
        "bind": {"create_host_path": False}}]}, "ContainerSpec.volumes[0].bind.create_host_path"),
    ("podman", {"volumes": [{"type": "volume", "target": "/t", "volume": {"labels": {"a": "b"}}}]},
        "ContainerSpec.volumes[0].volume.labels"),
    ("podman", {"volumes": [{"type": "volume", "target": "/t", "volume": {"nocopy": True}}]},
        "ContainerSpec.volumes[0].volume.nocopy"),
]  # fmt: skip


@pytest.mark.parametrize(("flavour", "members", "member"), REFUSED)
def test_what_cannot_be_honoured_is_refused_by_name(flavour: str, members: dict[str, Any], member: str) -> None:
    with pytest.raises(Unsupported) as caught:
        payload(flavour, **members)
    assert caught.value.details["member"] == member
    assert caught.value.details["backend"] == flavour
    assert caught.value.message.startswith(member)


def test_no_member_is_left_out_of_these_tables() -> None:
    named = {key for members, _, _ in LANDS for key in members}
    named |= {key for _, members, _, _ in ONE_FLAVOUR for key in members}
    elsewhere = {"image", "name", "platform", "pull_policy", "isolation_level", "verify"}
    assert named | elsewhere == set(ContainerSpec.model_fields)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_what_was_not_verified_and_has_to_be_never_reaches_an_engine(flavour: str) -> None:
    with pytest.raises(Unsupported, match="not verified"):
        payload(flavour, verify={"digests": ["sha256:" + "0" * 64]})


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_isolation_that_is_given_anyway_changes_nothing(flavour: str) -> None:
    assert payload(flavour, isolation_level="container") == payload(flavour)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_bare_spec_says_nothing_but_its_image(flavour: str) -> None:
    assert payload(flavour) == ("web", {"Image": "bb", "HostConfig": {}, **grace(flavour)}, {"name": "web"}, ())
    assert payload(flavour, seccomp="default").body == payload(flavour).body


def test_podman_is_told_both_limits_that_it_would_otherwise_raise() -> None:
    sent = {item["Name"]: item for item in payload("podman", ulimits={"nofile": 5, "core": 0}).body["HostConfig"]["Ulimits"]}
    assert set(sent) == {"nofile", "nproc", "core"}
    assert sent["nofile"]["Hard"] == 5
    assert (sent["nproc"]["Soft"], sent["nproc"]["Hard"]) == payloads.own_limits()["nproc"]


def test_newer_docker_is_given_what_it_knows() -> None:
    volume = {"type": "volume", "source": "v1", "target": "/t", "volume": {"subpath": "a"}}
    found = payload(
        "docker",
        api=(1, 45),
        networks={"n1": {}, "n2": {"mac_address": "02:42:00:00:00:01"}},
        healthcheck={"test": "x", "start_interval": "1s"},
        volumes=[volume],
    )
    assert found.connect == ()
    assert found.body["NetworkingConfig"]["EndpointsConfig"] == {"n1": {}, "n2": {"MacAddress": "02:42:00:00:00:01"}}
    assert found.body["Healthcheck"]["StartInterval"] == 10**9
    assert found.body["HostConfig"]["Mounts"][0]["VolumeOptions"] == {"Subpath": "a"}


def test_further_networks_are_joined_after_creation_where_the_engine_takes_one() -> None:
    members = {"network": "n2", "networks": {"n1": {"aliases": ["x"]}, "n2": None, "n3": None}, "aliases": ["y"]}
    docker, podman = payload("docker", **members), payload("podman", **members)
    assert docker.body["HostConfig"]["NetworkMode"] == podman.body["HostConfig"]["NetworkMode"] == "n2"
    assert docker.body["NetworkingConfig"]["EndpointsConfig"] == {"n2": {"Aliases": ["y"]}}
    assert docker.connect == (("n1", {"Aliases": ["x", "y"]}), ("n3", {"Aliases": ["y"]}))
    assert podman.body["NetworkingConfig"] == docker.body["NetworkingConfig"] and podman.connect == docker.connect


def test_a_host_name_is_an_alias_on_each_network() -> None:
    """Docker makes it one by itself."""
    members = {"hostname": "broker", "networks": {"n1": {"aliases": ["x"]}, "n2": None}, "aliases": ["broker", "y"]}
    members_by_name = {"hostname": "broker", "network": "n1"}
    podman = payload("podman", **members)
    assert podman.body["NetworkingConfig"]["EndpointsConfig"] == {"n1": {"Aliases": ["x", "broker", "y"]}}
    assert podman.connect == (("n2", {"Aliases": ["broker", "y"]}),)
    assert payload("podman", **members_by_name).body["NetworkingConfig"] == {"EndpointsConfig": {"n1": {"Aliases": ["broker"]}}}
    assert payload("docker", **members_by_name).body["NetworkingConfig"] == {"EndpointsConfig": {"n1": {}}}
    for built_in in ("bridge", "host", "none", "container:c1", None):
        assert "NetworkingConfig" not in payload("podman", hostname="broker", network=built_in).body


def test_a_platform_goes_into_the_query() -> None:
    assert payload("docker", platform="linux/arm64").query == {"name": "web", "platform": "linux/arm64"}
    with pytest.raises(Unsupported, match=r"^ContainerSpec\.platform"):
        payload("docker", api=(1, 40), platform="linux/arm64")


def test_names_that_are_made_up() -> None:
    first, second = default_name("bb"), default_name("bb")
    assert first != second and first[:9] == second[:9] == "21ad0bd8-"
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{8}", container_payload(decode(ContainerSpec, '{"image":"bb"}'), "docker").name)


@pytest.mark.parametrize("name", ["-rm", "../x", "a/b", "a?force=1", "a&b", "a b", "a#b", "a%2f", "a\n", "a\0", ".x", "x", ""])
def test_a_name_never_becomes_a_path_a_query_or_an_option(name: str) -> None:
    with pytest.raises(ValidationError, match=r"^ContainerSpec\.name"):
        spec(name=name)


def test_relative_sources_need_a_directory() -> None:
    wanted = spec(volumes=["./conf/../x:/c:ro", "..:/up"])
    with pytest.raises(ValidationError, match=r"^ContainerSpec\.volumes\[0\]"):
        container_payload(wanted, "docker")
    strict = {"type": "bind", "source": "./x", "target": "/s", "bind": {"create_host_path": False}}
    host = container_payload(spec(volumes=[strict]), "docker", directory=Path("/srv")).body["HostConfig"]
    assert host["Mounts"][0]["Source"] == "/srv/x"
    found = container_payload(wanted, "docker", directory=Path("/srv/app"))
    assert found.body["HostConfig"]["Binds"] == ["/srv/app/x:/c:ro", "/srv:/up"]


def test_a_label_name_that_podman_would_cut_is_refused_there() -> None:
    assert payload("docker", labels={"a=b": "c"}).body["Labels"] == {"a=b": "c"}
    with pytest.raises(ValidationError, match=r"^ContainerSpec\.labels"):
        payload("podman", labels={"a=b": "c"})


def test_one_mount_at_one_target() -> None:
    with pytest.raises(ValidationError, match=r"^ContainerSpec\.volumes\[1\]"):
        spec(volumes=["/a:/t", "v1:/t"])
    with pytest.raises(ValidationError, match=r"^ContainerSpec\.volumes\[0\]"):
        payload("docker", tmpfs="/t", volumes=[{"type": "tmpfs", "target": "/t"}])


def test_a_seccomp_profile_goes_inline_to_docker_and_by_path_to_podman(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{ "defaultAction": "SCMP_ACT_ERRNO" }')
    for members in ({"seccomp": "p.json"}, {"security_opt": ["seccomp=p.json"]}, {"security_opt": ["seccomp:p.json"]}):
        wanted = spec(**members)
        profile = read_seccomp(wanted, tmp_path)
        assert profile == SeccompProfile(str(tmp_path / "p.json"), '{"defaultAction":"SCMP_ACT_ERRNO"}')
        docker = container_payload(wanted, "docker", seccomp=profile).body["HostConfig"]["SecurityOpt"]
        podman = container_payload(wanted, "podman", seccomp=profile).body["HostConfig"]["SecurityOpt"]
        assert docker == ['seccomp={"defaultAction":"SCMP_ACT_ERRNO"}']
        assert podman == [f"seccomp={tmp_path}/p.json"]


def test_bad_seccomp_profiles(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "big.json").write_text(" " * (1 << 20) + "{}")
    for name in ("list.json", "deep.json", "big.json", "."):
        with pytest.raises(ValidationError):
            read_seccomp(spec(seccomp=name), tmp_path)
    with pytest.raises(NotFound):
        read_seccomp(spec(seccomp="none.json"), tmp_path)
    with pytest.raises(ValidationError):
        container_payload(spec(seccomp="list.json"), "docker")
    with pytest.raises(ValidationError):
        seccomp_path(spec(seccomp="a.json", security_opt=["seccomp=b.json"]))
    assert read_seccomp(spec(seccomp="default"), tmp_path) is None
    assert read_seccomp(spec(), tmp_path) is None


HOSTILE = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12).flatmap(
    lambda text: st.sampled_from([text, "-" + text, "--rm", "../" + text, '"' + text, "'\n" + text, "$(" + text + ")", "a,b;c"])
)


@pytest.mark.parametrize("flavour", FLAVOURS)
@given(words=st.lists(HOSTILE, min_size=1, max_size=4), value=HOSTILE)
def test_hostile_words_arrive_as_they_are(flavour: str, words: list[str], value: str) -> None:
    found = payload(flavour, cmd=words, entrypoint=words, env={"A": value}, labels={"k": value}).body
    again = json.loads(json.dumps(found))
    assert again["Cmd"] == again["Entrypoint"] == words
    assert again["Env"] == ["A=" + value]
    assert again["Labels"] == {"k": value}
    assert set(again) == {"Image", "Cmd", "Entrypoint", "Env", "Labels", "HostConfig", *grace(flavour)}
    assert again["HostConfig"] == {}


@pytest.mark.parametrize("members", [{"cmd": ["\0"]}, {"env": {"A": "\0"}}, {"labels": {"a": "\0"}},
    {"image": "b\0"}, {"workdir": "/\0"}, {"volumes": ["/a\0:/b"]}, {"tmpfs": "/a\0"}, {"user": "\0"},
    {"entrypoint": ["\0"]}, {"extra_hosts": ["a\0:1.1.1.1"]}, {"devices": ["/dev/\0"]}, {"seccomp": "\0"},
    {"sysctls": {"a": "\0"}}, {"runtime": "\0"}, {"cap_add": ["\0"]}, {"security_opt": ["\0"]},
    {"healthcheck": {"test": "\0"}}])  # fmt: skip
def test_nul_is_refused_everywhere(members: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        spec(**members)
    with pytest.raises(ValidationError):
        from perry_ffi.model.base import validate

        validate(ContainerSpec, {"image": "bb", **members})
