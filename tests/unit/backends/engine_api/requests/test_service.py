"""Every member of ServiceSpec on both flavours: where it lands, what is emulated, what is warned of or refused."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from perry_ffi.backends.contract.capability import Support
from perry_ffi.backends.declared import of_engine
from perry_ffi.backends.engine_api.drivers import docker_rules, podman_rules, swarm_rules
from perry_ffi.backends.engine_api.requests.service import ServicePayload, check_sources, service_payload
from perry_ffi.backends.rules.cluster import CLUSTER_DOCUMENT
from perry_ffi.backends.rules.deploy import DEPLOY, PULL_PERIOD
from perry_ffi.backends.rules.service import PREFIX, SERVICE
from perry_ffi.errors import NotFound, Unsupported, ValidationError
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.service import ServiceSpec
from perry_ffi.model.service_values import ServiceAttachment, ServiceMount

FLAVOURS = ("docker", "podman")
CONDITIONS = (("docker", tuple(docker_rules.CONDITIONS)), ("podman", tuple(podman_rules.CONDITIONS)))


def spec(**members: Any) -> ServiceSpec:
    return validate(ServiceSpec, {"image": "bb", "name": "web", **members})


def payload(flavour: Any, api: tuple[int, int] = (1, 41), strict: bool = False, **members: Any) -> ServicePayload:
    return service_payload(spec(**members), flavour, api=api, strict=strict)


def lookup(body: dict[str, Any], path: str) -> Any:
    for step in path.split("/"):
        body = body[step]
    return body


NETWORK = "NetworkingConfig/EndpointsConfig/n1"
LANDS: list[tuple[dict[str, Any], str, Any]] = [
    ({"tty": True}, "Tty", True),
    ({"stdin_open": True}, "OpenStdin", True),
    ({"stdin_open": True, "stdin_once": True}, "StdinOnce", True),
    ({"expose": ["99", "100-102/udp"]}, "ExposedPorts", {"99/tcp": {}, "100-102/udp": {}}),
    ({"group_add": ["5", "mail"]}, "HostConfig/GroupAdd", ["5", "mail"]),
    ({"pid": "host"}, "HostConfig/PidMode", "host"),
    ({"ipc": "container:x1"}, "HostConfig/IpcMode", "container:x1"),
    ({"uts": "host"}, "HostConfig/UTSMode", "host"),
    ({"cgroup_parent": "m"}, "HostConfig/CgroupParent", "m"),
    ({"userns_mode": "host"}, "HostConfig/UsernsMode", "host"),
    ({"cpu_shares": 73}, "HostConfig/CpuShares", 73),
    ({"cpu_quota": 5}, "HostConfig/CpuQuota", 5),
    ({"cpu_period": 5}, "HostConfig/CpuPeriod", 5),
    ({"cpu_rt_period": 5}, "HostConfig/CpuRealtimePeriod", 5),
    ({"cpu_rt_runtime": 5}, "HostConfig/CpuRealtimeRuntime", 5),
    ({"cpuset": "0"}, "HostConfig/CpusetCpus", "0"),
    ({"mem_reservation": 5}, "HostConfig/MemoryReservation", 5),
    ({"mem_swappiness": 0}, "HostConfig/MemorySwappiness", 0),
    ({"memswap_limit": 9}, "HostConfig/MemorySwap", 9),
    ({"oom_kill_disable": True}, "HostConfig/OomKillDisable", True),
    ({"oom_score_adj": -5}, "HostConfig/OomScoreAdj", -5),
    ({"blkio_config": {"weight": 300}}, "HostConfig/BlkioWeight", 300),
    (
        {"blkio_config": {"weight_device": [{"path": "/dev/a", "weight": 4}]}},
        "HostConfig/BlkioWeightDevice", [{"Path": "/dev/a", "Weight": 4}],
    ),
    *(
        ({"blkio_config": {member: [{"path": "/dev/a", "rate": 4}]}}, f"HostConfig/{key}", [{"Path": "/dev/a", "Rate": 4}])
        for member, key in (
            ("device_read_bps", "BlkioDeviceReadBps"), ("device_write_bps", "BlkioDeviceWriteBps"),
            ("device_read_iops", "BlkioDeviceReadIOps"), ("device_write_iops", "BlkioDeviceWriteIOps"),
        )
    ),
    ({"storage_opt": {"size": "1G"}}, "HostConfig/StorageOpt", {"size": "1G"}),
    (
        {"logging": {"driver": "json-file", "options": {"max-size": "10m"}}},
        "HostConfig/LogConfig", {"Type": "json-file", "Config": {"max-size": "10m"}},
    ),
    ({"dns_opt": ["ndots:2"]}, "HostConfig/DnsOptions", ["ndots:2"]),
    ({"dns_search": ["x.example"]}, "HostConfig/DnsSearch", ["x.example"]),
    ({"volumes_from": ["ab:ro"]}, "HostConfig/VolumesFrom", ["ab:ro"]),
    ({"isolation": "default"}, "HostConfig/Isolation", "default"),
    ({"cmd": ["x"]}, "Cmd", ["x"]),
    ({"ports": ["80", "127.0.0.1:9:90/sctp"]}, "HostConfig/PortBindings/90~1sctp".replace("~1", "|"), [{"HostIp": "127.0.0.1", "HostPort": "9"}]),
    ({"networks": [ServiceAttachment("n1", ("a", "b"), "1.2.3.4")]}, f"{NETWORK}/IPAMConfig", {"IPv4Address": "1.2.3.4"}),
    ({"networks": [ServiceAttachment("n1", ("a", "b"))]}, f"{NETWORK}/Aliases", ["a", "b"]),
    ({"volumes": [ServiceMount("volume", "/d", "v1", True, nocopy=True)]}, "HostConfig/Binds", ["v1:/d:ro,nocopy"]),
    ({"volumes": [ServiceMount("volume", "/d", "v1", selinux="Z")]}, "HostConfig/Binds", ["v1:/d:Z"]),
    (
        {"volumes": [ServiceMount("bind", "/d", "/s", recursive="disabled", create_host_path=False)]},
        "HostConfig/Mounts", [{"Type": "bind", "Source": "/s", "Target": "/d", "BindOptions": {"NonRecursive": True}}],
    ),
    ({"volumes": [ServiceMount("bind", "/d", "/s", selinux="z", create_host_path=False)]}, "HostConfig/Binds", ["/s:/d:z"]),
]  # fmt: skip


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(("members", "path", "expected"), LANDS, ids=[row[1] for row in LANDS])
def test_lands_on_both(flavour: str, members: dict[str, Any], path: str, expected: Any) -> None:
    found = payload(flavour, **members)
    node: Any = found.payload.body
    for step in path.split("/"):
        node = node[step.replace("|", "/")]
    assert node == expected
    if "blkio_config" not in members:
        assert found.warnings == ()


DOCKER_ONLY: list[tuple[dict[str, Any], str, Any, str, tuple[int, int]]] = [
    ({"domainname": "d"}, "Domainname", "d", "domainname", (1, 41)),
    ({"cgroup": "private"}, "HostConfig/CgroupnsMode", "private", "cgroup", (1, 41)),
    ({"memswap_limit": -1}, "HostConfig/MemorySwap", -1, "memswap_limit", (1, 41)),
    ({"mac_address": "02:42:ac:11:00:02"}, "MacAddress", "02:42:ac:11:00:02", "mac_address", (1, 41)),
    ({"links": ["ab:cd"]}, "HostConfig/Links", ["ab:cd"], "links", (1, 41)),
    ({"device_cgroup_rules": ["c 1:3 mr"]}, "HostConfig/DeviceCgroupRules", ["c 1:3 mr"], "device_cgroup_rules", (1, 41)),
    (
        {"networks": [ServiceAttachment("n1", external_links=("ab:x",))]},
        f"{NETWORK}/Links", ["ab:x"], "external_links", (1, 41),
    ),
    ({"annotations": {"a": "b"}}, "HostConfig/Annotations", {"a": "b"}, "annotations", (1, 43)),
    (
        {"gpus": "all", "cdi_devices": ["v.example/c=d"]}, "HostConfig/DeviceRequests",
        [{"Driver": "", "Capabilities": [["gpu"]], "Count": -1}, {"Driver": "cdi", "DeviceIDs": ["v.example/c=d"]}],
        "devices", (1, 44),
    ),
    ({"networks": [ServiceAttachment("n1", gw_priority=47)]}, f"{NETWORK}/GwPriority", 47, "networks.n1.gw_priority", (1, 48)),
    (
        {"networks": [ServiceAttachment("n1", interface_name="e7", key="key")]}, f"{NETWORK}/DriverOpts",
        {"com.docker.network.endpoint.ifname": "e7"}, "networks.key.interface_name", (1, 49),
    ),
    ({"healthcheck": {"test": "x", "start_interval": "1s"}}, "Healthcheck/StartInterval", 10**9, "healthcheck.start_interval", (1, 44)),
    ({"logging": {"driver": "syslog"}}, "HostConfig/LogConfig", {"Type": "syslog", "Config": {}}, "logging.driver", (1, 41)),
]  # fmt: skip


@pytest.mark.parametrize(("members", "path", "expected", "warned", "api"), DOCKER_ONLY, ids=[row[3] for row in DOCKER_ONLY])
def test_lands_on_docker_and_is_named_on_podman(
    members: dict[str, Any], path: str, expected: Any, warned: str, api: tuple[int, int]
) -> None:
    found = payload("docker", api, **members)
    assert lookup(found.payload.body, path) == expected and found.warnings == ()
    found = payload("podman", api, **members)
    assert warned in {item.member for item in found.warnings}
    assert str(expected) not in str(found.payload.body)
    with pytest.raises(Unsupported) as caught:
        payload("podman", api, strict=True, **members)
    assert caught.value.details["backend"] == "podman"


def test_a_variable_of_the_image_is_taken_away() -> None:
    docker, podman = (payload(flavour, env={"A": "b"}, env_unset=["N"]) for flavour in FLAVOURS)
    assert docker.payload.body["Env"] == ["A=b", "N"] and "UnsetEnv" not in docker.payload.body
    assert podman.payload.body["Env"] == ["A=b"] and podman.payload.body["UnsetEnv"] == ["N"]
    assert docker.warnings == podman.warnings == ()


@pytest.mark.parametrize(
    ("release", "members", "path", "expected"),
    [
        ((5, 4), {"annotations": {"a": "b"}}, "HostConfig/Annotations", {"a": "b"}),
        ((5, 4), {"device_cgroup_rules": ["c 1:3 mr"]}, "HostConfig/DeviceCgroupRules", ["c 1:3 mr"]),
        (
            (5, 4),
            {"cdi_devices": ["v.example/c=dd"]},
            "HostConfig/DeviceRequests",
            [{"Driver": "cdi", "DeviceIDs": ["v.example/c=dd"]}],
        ),
        ((5, 4), {"expose": ["9/sctp"]}, "ExposedPorts", {"9/sctp": {}}),
        ((5, 8), {"cgroup": "private"}, "HostConfig/CgroupnsMode", "private"),
    ],
)
def test_what_a_newer_podman_does(release: tuple[int, int], members: dict[str, Any], path: str, expected: Any) -> None:
    """Its own release tells, not that of its API, which is docker's of 20.10 in all of them up to 5.4."""
    found = payload("podman", release, **members)
    assert lookup(found.payload.body, path) == expected and found.warnings == ()
    for older in ((release[0], release[1] - 1), (4, 3)):
        assert len(payload("podman", older, **members).warnings) == 1


@pytest.mark.parametrize(("release", "named"), [((4, 3), False), ((5, 0), True), ((5, 4), True), ((5, 8), False)])
def test_a_host_name_that_ends_a_name_server(release: tuple[int, int], named: bool) -> None:
    found = payload("podman", release, hostname="a b")
    assert [item.member for item in found.warnings] == ["hostname"] * named
    assert ("Hostname" in found.payload.body) is not named


def test_links_on_the_users_networks() -> None:
    item = ServiceAttachment("n1", ("web",), links=("db-1:data",), linked_as=("site",))
    docker = payload("docker", networks=[item]).payload.body
    assert lookup(docker, NETWORK) == {"Aliases": ["web"], "Links": ["db-1:data"]}
    podman = payload("podman", networks=[item])
    assert lookup(podman.payload.body, NETWORK) == {"Aliases": ["web", "site"]} and podman.warnings == ()


def test_later_networks_have_their_links_too() -> None:
    items = [
        ServiceAttachment("n1"),
        ServiceAttachment("n2", links=("ab:x",), mac_address="02:42:ac:11:00:02", key="two"),
    ]
    found = payload("docker", networks=items)
    assert found.payload.connect == (("n2", {"Links": ["ab:x"]}),)
    assert [item.member for item in found.warnings] == ["networks.two.mac_address"]
    newer = payload("docker", (1, 44), networks=items)
    assert newer.payload.connect == () and newer.warnings == ()
    assert newer.payload.body["NetworkingConfig"]["EndpointsConfig"]["n2"]["MacAddress"] == "02:42:ac:11:00:02"


def test_the_mac_address_of_a_network_mode() -> None:
    """From 1.52 on docker has a place for it in the endpoint alone."""
    mac = "02:42:ac:11:00:02"
    for mode in ("bridge", "default"):
        body = payload("docker", (1, 44), network=mode, mac_address=mac).payload.body
        assert "MacAddress" not in body and body["NetworkingConfig"]["EndpointsConfig"] == {mode: {"MacAddress": mac}}
    assert payload("docker", (1, 43), network="bridge", mac_address=mac).payload.body["MacAddress"] == mac


def test_interfaces_are_numbered_in_their_order() -> None:
    """Where docker joins the networks as chance has it and takes names; one that has a name keeps it, and no other has it."""
    option = "com.docker.network.endpoint.ifname"
    one, two, three = (ServiceAttachment(name) for name in ("n1", "n2", "n3"))

    def names(api: tuple[int, int], *items: ServiceAttachment) -> list[str | None]:
        found = payload("docker", api, networks=list(items)).payload
        configs = found.body["NetworkingConfig"]["EndpointsConfig"]
        return [configs[item.name].get("DriverOpts", {}).get(option) for item in items if item.name in configs]

    assert names((1, 49), three, one, two) == ["eth0", "eth1", "eth2"]
    assert names((1, 49), replace(three, interface_name="eth1"), one, two) == ["eth1", "eth0", "eth2"]
    assert names((1, 49), three, replace(one, driver_opts={option: "x"}), two) == ["eth0", "x", "eth1"]
    assert names((1, 49), one) == names((1, 41), one, two) == [None]
    assert names((1, 48), one, two) == [None, None]
    assert "DriverOpts" not in str(payload("podman", (1, 49), networks=[one, two]).payload)


def test_mounts_below_one_are_read_only_where_it_is() -> None:
    mount = ServiceMount("bind", "/d", "/s", recursive="readonly", read_only=True)
    (entry,) = payload("docker", (1, 44), volumes=[mount]).payload.body["HostConfig"]["Mounts"]
    assert entry["ReadOnly"] is True and entry["BindOptions"]["ReadOnlyForceRecursive"] is True
    with pytest.raises(ValidationError, match=r"volumes\[0\]\.bind\.recursive: expected read_only: true"):
        payload("docker", (1, 44), volumes=[replace(mount, read_only=False)])


def test_a_range_of_ports() -> None:
    docker = payload("docker", ports=["8000-8002:80"], port_index=1)
    assert docker.payload.body["HostConfig"]["PortBindings"]["80/tcp"][0]["HostPort"] == "8000-8002"
    podman = payload("podman", ports=["8000-8002:80"], port_index=1)
    assert podman.payload.body["HostConfig"]["PortBindings"]["80/tcp"][0]["HostPort"] == "8001"
    assert [item.member for item in podman.warnings] == ["ports[0].published"]
    with pytest.raises(ValidationError, match="a range of at least 4 ports"):
        payload("podman", ports=["8000-8002:80"], port_index=3)


@pytest.mark.parametrize(
    ("mount", "member", "flavours"),
    [
        (ServiceMount("volume", "/d", "v1", subpath="a"), "volumes[0].volume.subpath", FLAVOURS),
        (ServiceMount("image", "/d", "bb"), "volumes[0].type", ("docker",)),
        (ServiceMount("image", "/d", "bb", subpath="a"), "volumes[0].image.subpath", ("podman",)),
        (ServiceMount("npipe", "/d", "x"), "volumes[0].type", FLAVOURS),
        (ServiceMount("cluster", "/d", "x"), "volumes[0].type", FLAVOURS),
        (ServiceMount("bind", "/d", "/s", recursive="readonly"), "volumes[0].bind.recursive", FLAVOURS),
        (ServiceMount("bind", "/d", "/s", recursive="disabled", selinux="z"), "volumes[0].bind.selinux", FLAVOURS),
    ],
)
def test_mounts_that_cannot_be_left_out(mount: ServiceMount, member: str, flavours: tuple[str, ...]) -> None:
    for flavour in flavours:
        with pytest.raises(Unsupported) as caught:
            payload(flavour, volumes=[mount])
        assert caught.value.details["member"] == member


def test_an_image_as_a_mount() -> None:
    (entry,) = payload("podman", volumes=[ServiceMount("image", "/d", "bb")]).payload.body["HostConfig"]["Mounts"]
    assert entry == {"Type": "image", "Source": "bb", "Target": "/d"}
    mount = ServiceMount("image", "/d", "bb", True, subpath="a")
    (entry,) = payload("docker", (1, 48), volumes=[mount]).payload.body["HostConfig"]["Mounts"]
    assert entry == {
        "Type": "image",
        "Source": "bb",
        "Target": "/d",
        "ReadOnly": True,
        "ImageOptions": {"Subpath": "a"},
    }


def test_a_label_of_selinux_where_no_bind_says_it() -> None:
    """Docker's own label of a volume is z; Z is warned of."""
    for mount in (ServiceMount("volume", "/d"), ServiceMount("volume", "/d", "v1", labels={"a": "b"})):
        plain = payload("docker", volumes=[mount]).payload
        for label, warned in (("z", []), ("Z", ["volumes[0].bind.selinux"])):
            found = payload("docker", volumes=[replace(mount, selinux=label)])
            assert found.payload == plain and [item.member for item in found.warnings] == warned
    found = payload("podman", volumes=[ServiceMount("volume", "/d", selinux="Z")])
    assert found.payload.body["HostConfig"]["Binds"] == ["/d"]
    assert [item.member for item in found.warnings] == ["volumes[0].bind.selinux"]


def test_a_volume_that_carries_files() -> None:
    mount = ServiceMount("volume", "/run/secrets", own_files=True)
    entry = {"Type": "volume", "Target": "/run/secrets", "ReadOnly": False}
    assert payload("docker", volumes=[mount]).payload.body["HostConfig"]["Mounts"] == [entry]
    assert payload("podman", volumes=[mount]).payload.body["HostConfig"]["Binds"] == ["/run/secrets"]


def test_a_source_that_must_exist(tmp_path: Any) -> None:
    mount = ServiceMount("bind", "/d", str(tmp_path / "gone"), create_host_path=False)
    assert "Mounts" in payload("docker", volumes=[mount]).payload.body["HostConfig"]
    assert payload("podman", volumes=[mount]).payload.body["HostConfig"]["Binds"] == [f"{tmp_path}/gone:/d"]
    check_sources(spec(volumes=[mount]), "docker")
    with pytest.raises(NotFound, match=r"volumes\[0\]\.source"):
        check_sources(spec(volumes=[mount]), "podman")
    (tmp_path / "gone").mkdir()
    check_sources(spec(volumes=[mount]), "podman")


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("api", [(1, 41), (1, 45), (1, 49)])
def test_a_plain_spec_is_the_same_container(flavour: Any, api: tuple[int, int]) -> None:
    from perry_ffi.backends.engine_api.requests.container import container_payload

    members = {"image": "bb", "name": "web", "cmd": ["-x"], "env": {"A": "b"}, "volumes": ["v1:/d"], "networks": ["n1"]}
    plain = container_payload(validate(ContainerSpec, members), flavour, api=api)
    assert service_payload(validate(ServiceSpec, members), flavour, api=api) == ServicePayload(plain)


def test_rules_and_members_go_together() -> None:
    """Each declared exception is of a member that can be seen in a spec, and each such member has one."""
    declared = itertools.chain.from_iterable(
        of_engine(engine, None, conditions).exceptions
        for engine, conditions in (*CONDITIONS, ("nerdctl", ()), ("apple/container", ()))
    )
    declared = {*declared, *swarm_rules.RULES}
    assert {name for name in declared if name.startswith(f"{PREFIX}.")} == {*SERVICE, *DEPLOY, *PULL_PERIOD, *CLUSTER_DOCUMENT}


def test_what_a_version_decides_is_decided_when_it_is_known() -> None:
    name = f"{PREFIX}.annotations"
    assert of_engine("docker").of(name).support is Support.PARTIAL
    assert of_engine("docker", (1, 42)).of(name).support is Support.UNSUPPORTED
    assert of_engine("docker", (1, 43)).of(name).support is Support.NATIVE


def test_podman_parts_names_at_blanks_and_shares_volumes_by_one_label() -> None:
    """A host name with a blank is no alias there; what links call a service is none, either."""
    one = ServiceAttachment("n1", ("web",), linked_as=("db", "d b"))
    members = {"hostname": "a b", "networks": [one], "volumes_from": ["other:ro,Z"]}
    body = payload("podman", **members).payload.body
    assert body["NetworkingConfig"]["EndpointsConfig"]["n1"]["Aliases"] == ["web", "db"]
    assert body["Hostname"] == "a b" and body["HostConfig"]["VolumesFrom"] == ["other:ro,z"]
    assert payload("docker", **members).payload.body["HostConfig"]["VolumesFrom"] == ["other:ro,Z"]
