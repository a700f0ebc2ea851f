"""What is declared is what happens, and the choice of a backend follows from it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from perry_ffi.backends.contract.capability import Capabilities, Capability, Support
from perry_ffi.backends.declared import of_engine
from perry_ffi.backends.engine_api.requests.container import container_payload
from perry_ffi.backends.rules.uses import Part, of_container
from perry_ffi.backends.selection import select_backend_for, shortfalls
from perry_ffi.errors import Unsupported, ValidationError
from perry_ffi.model.base import decode
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.mounts import Mount
from perry_ffi.model.stack import UpOptions
from perry_ffi.service.project_document import from_document
from perry_ffi.stack.translate.uses import of_project

DOCKER, PODMAN = of_engine("docker"), of_engine("podman")
ORDER = ["podman", "nobody", "docker"]
EVERY = ["apple/container", "nerdctl", "podman", "docker"]

USES: dict[str, dict[str, Any]] = {
    "ContainerSpec.gpus": {"gpus": "all"},
    "ContainerSpec.runtime": {"runtime": "x"},
    "ContainerSpec.isolation_level.microvm": {"isolation_level": "microvm"},
    "ContainerSpec.healthcheck.start_interval": {"healthcheck": {"test": "x", "start_interval": "1s"}},
    "ContainerSpec.ports.range": {"ports": ["80-90:80"]},
    "ContainerSpec.volumes.create_host_path": {"volumes": [{"type": "bind", "source": "/a", "target": "/b",
        "bind": {"create_host_path": False}}]},
    "ContainerSpec.volumes.subpath": {"volumes": [{"type": "volume", "source": "v1", "target": "/b",
        "volume": {"subpath": "x"}}]},
    "ContainerSpec.volumes.labels": {"volumes": [{"type": "volume", "source": "v1", "target": "/b",
        "volume": {"labels": {"a": "b"}}}]},
    "ContainerSpec.networks.link_local_ips": {"networks": {"n1": {"link_local_ips": ["169.254.1.1"]}}},
    "ContainerSpec.networks.driver_opts": {"networks": {"n1": {"driver_opts": {"a": "b"}}}},
    "ContainerSpec.security_opt.mask": {"security_opt": ["mask=/a"]},
    "ContainerSpec.security_opt.unmask": {"security_opt": ["unmask=/a"]},
    "ContainerSpec.security_opt.proc-opts": {"security_opt": ["proc-opts=nosuid"]},
    "ContainerSpec.networks.aliases": {"networks": {"n1": {"aliases": ["a b"]}}},
    "ContainerSpec.healthcheck.untested": {"healthcheck": {"interval": "1s"}},
    "ContainerSpec.tmpfs.unknown": {"tmpfs": ["/t:bogus"]},
    "ContainerSpec.tmpfs.podman": {"tmpfs": ["/t:U"]},
    "ContainerSpec.tmpfs.options": {"tmpfs": ["/t:nr_inodes=5"]},
    "ContainerSpec.tmpfs.owner": {"tmpfs": ["/t:uid=7"]},
    "ContainerSpec.volumes.nocopy": {"volumes": [{"type": "volume", "target": "/b", "volume": {"nocopy": True}}]},
    "ContainerSpec.volumes.selinux": {},
    "ContainerSpec.volumes.create_host_path.selinux": {"volumes": [{"type": "bind", "source": "/a", "target": "/b",
        "bind": {"create_host_path": False, "selinux": "z"}}]},
    "ContainerSpec.dns.names": {"dns": ["fe80::1%eth0"]},
    "ContainerSpec.dns.words": {"dns": ["dns.example"]},
    "ContainerSpec.labels.names": {"labels": {"a=b": "c"}},
}  # fmt: skip
IMPLIED = {
    "ContainerSpec.volumes.create_host_path.selinux": "ContainerSpec.volumes.create_host_path",
    "ContainerSpec.dns.words": "ContainerSpec.dns.names",
}


@pytest.mark.parametrize(("flavour", "declared"), [("docker", of_engine("docker", (1, 45))), ("podman", PODMAN)])
def test_a_member_is_refused_exactly_where_it_is_declared_unsupported(flavour: str, declared: Capabilities) -> None:
    unsupported = {
        n for n, c in declared.exceptions.items() if c.support is Support.UNSUPPORTED and n.startswith("ContainerSpec")
    }
    assert unsupported <= {*USES}
    for member, members in USES.items():
        spec = decode(ContainerSpec, json.dumps({"image": "bb", **members}))
        if member == "ContainerSpec.volumes.selinux":  # Only a service can say it.
            spec = spec.model_copy(update={"volumes": [Mount("volume", "/b", selinux="Z")]})
        try:
            container_payload(spec, flavour, api=(1, 45))  # type: ignore[arg-type]
            refused = False
        except (Unsupported, ValidationError):
            refused = True
        assert refused == (member in unsupported or IMPLIED.get(member) in unsupported), member
        lacking = [name for name, it in shortfalls(of_container(spec), declared).items() if it.support is Support.UNSUPPORTED]
        assert (member in lacking) == (member in unsupported), member


@pytest.mark.parametrize("declared", [DOCKER, PODMAN])
def test_every_exception_has_a_reason(declared: Capabilities) -> None:
    assert all(item.reason and item.support is not Support.NATIVE for item in declared.exceptions.values())


def parts(document: dict[str, Any]) -> list[Part]:
    """Of a container, or of a project in a folder that is not there."""
    if "services" not in document:
        return of_container(decode(ContainerSpec, json.dumps(document)))
    options = decode(UpOptions, '{"projectName": "p"}')
    return of_project(from_document(document, options, {}, "/nowhere").to_dict())


@pytest.mark.parametrize(
    ("spec", "mode", "chosen"),
    [
        ({"image": "bb"}, None, "podman"),
        ({"image": "bb", "gpus": "all"}, None, "docker"),
        ({"image": "bb", "healthcheck": {"test": "x"}}, None, "podman"),
        ({"image": "bb", "healthcheck": {"test": "x"}}, "accept-emulated", "podman"),
        ({"image": "bb", "healthcheck": {"test": "x"}}, "strict-native", "docker"),
        ({"image": "bb", "healthcheck": {"test": "x"}}, "strict", "docker"),
        ({"image": "bb", "healthcheck": {"test": "x", "start_interval": "1s"}}, "warn", None),
        ({"image": "bb", "healthcheck": {"test": "x", "start_interval": "1s"}}, "accept-partial", "docker"),
        ({"image": "bb", "isolation_level": "microvm"}, "lenient", None),
        ({"services": {"a": {"image": "x", "runtime": "r"}, "b": {"image": "y"}}}, None, "docker"),
        ({"services": {"a": {"image": "x", "domainname": "d.example"}}}, None, "docker"),
        ({"services": {"a": {"image": "x", "privileged": True}}}, None, "podman"),
        ({"services": {"a": {"image": "x", "ports": ["8000-8010:80"]}}}, None, "docker"),
        ({"services": {"a": {"build": {"context": ".", "ssh": ["default"]}}}}, "lenient", "docker"),
        ({"services": {"a": {"build": {"context": "."}, "platform": "linux/amd64"}}}, None, "podman"),
        ({"services": {"a": {"build": {"context": ".", "platforms": ["linux/amd64", "linux/arm64"]}}}}, None, None),
        ({"services": {"a": {"image": "x", "deploy": {"rollback_config": {"delay": "1s"}}}}}, "strict", "podman"),
        ({"services": {"a": {"image": "x", "use_api_socket": True}}}, None, "podman"),
        ({"services": {}, "networks": {"n": {"enable_ipv4": True}}}, "strict", "podman"),
        ({"services": {"a": {"image": "x", "pull_policy": "daily"}}}, None, "docker"),
        (
            {"services": {"a": {"image": "x", "volumes": ["data:/v"]}}, "volumes": {"data": {"labels": {"a=b": "c"}}}},
            None,
            "docker",
        ),
    ],
)
def test_the_choice(spec: dict[str, Any], mode: str | None, chosen: str | None) -> None:
    assert select_backend_for(parts(spec), mode, ORDER) == chosen


def service(**members: Any) -> dict[str, Any]:
    return {"services": {"a": {"image": "x", **members}}}


def mount(**members: Any) -> dict[str, Any]:
    return {"volumes": [{"type": "volume", "source": "v", "target": "/v", **members}]}


def network(**members: Any) -> dict[str, Any]:
    return {**service(networks=["n"]), "networks": {"n": members}}


NOT_APPLE = ["nerdctl", "podman", "docker"]
CAN: list[tuple[dict[str, Any], list[str]]] = [
    # Of single containers: each is the only one that can, or the only one that cannot.
    ({"image": "x", "isolation_level": "microvm"}, ["apple/container"]),
    ({"image": "x", "tmpfs": ["/t:U"]}, ["podman"]),
    ({"image": "x", "tmpfs": {"/t": "notmpcopyup,tmpcopyup"}}, ["podman"]),
    ({"image": "x", "security_opt": ["unmask=ALL"]}, ["podman"]),
    ({"image": "x", "gpus": "all", "networks": {"n": {"link_local_ips": ["169.254.1.1"]}}}, ["docker"]),
    ({"image": "x", "ports": ["80-90:80"]}, ["docker"]),
    ({"image": "x", "networks": {"n": {"driver_opts": {"a": "b"}}}}, ["docker"]),
    ({"image": "x", "dns": ["fe80::1%eth0"]}, ["nerdctl", "docker"]),
    ({"image": "x", "networks": {"n": {"aliases": ["a b"]}}, "hostname": "a b"}, ["nerdctl", "docker"]),
    ({"image": "x", "network": "host"}, NOT_APPLE),
    ({"image": "x", "network": "container:yy"}, NOT_APPLE),
    ({"image": "x", "ports": ["7000:7000/sctp"]}, NOT_APPLE),
    ({"image": "x", "ports": [{"target": 7000, "published": 7000, "protocol": "sctp"}]}, NOT_APPLE),
    ({"image": "x", "privileged": True}, NOT_APPLE),
    ({"image": "x", "sysctls": {"net.core.somaxconn": 1}}, NOT_APPLE),
    ({"image": "x", "memory": "100m"}, NOT_APPLE),
    ({"image": "x", "restart": "always"}, NOT_APPLE),
    ({"image": "x", "gpus": "all"}, ["nerdctl", "docker"]),
    ({"image": "x", "tmpfs": ["/t:uid=7"]}, ["nerdctl", "docker"]),
    ({"image": "x", "user": "7:7", "tmpfs": ["/t:uid=7,gid=7"]}, ["nerdctl", "podman", "docker"]),
    ({"image": "x", "volumes": ["/s:/d:z"]}, ["podman", "docker"]),
    ({"image": "x", "networks": {"n": {"aliases": ["a", "b"]}}}, ["apple/container", "podman", "docker"]),
    ({"image": "x", "tmpfs": ["/t:bogus"]}, []),
    ({"image": "x", "labels": {"a=b": "c"}}, ["docker"]),
    # Of projects.
    (service(), EVERY),
    (service(tmpfs=["/t:U"]), ["podman"]),
    (service(network_mode="host"), NOT_APPLE),
    (service(pid="host"), NOT_APPLE),
    (service(ports=["7000:7000/sctp"]), NOT_APPLE),
    (service(cap_add=["NET_ADMIN"]), EVERY),
    (service(userns_mode="keep-id"), ["podman"]),
    (service(security_opt=["mask=/proc/x"]), ["podman"]),
    (service(**mount(type="image", source="y")), ["podman"]),
    (service(gpus="all", domainname="d"), ["docker", "nerdctl"]),
    (service(links=["b"]) | {"services": {"a": {"image": "x", "links": ["b"]}, "b": {"image": "y"}}}, ["podman", "docker"]),
    (service(networks={"default": {"link_local_ips": ["169.254.1.1"]}}), ["docker"]),
    (service(build={"context": ".", "cache_to": ["type=inline"]}), ["nerdctl"]),
    (service(build={"context": ".", "shm_size": "1m"}), ["podman", "docker"]),
    (service(build={"context": ".", "network": "none"}), ["docker", "nerdctl"]),
    (network(attachable=True), ["docker"]),
    (network(ipam={"config": [{"aux_addresses": {"a": "10.0.0.9"}, "subnet": "10.0.0.0/24"}]}), ["docker"]),
    (network(ipam={"driver": "host-local"}), ["nerdctl", "podman", "docker"]),
    (network(labels={"A": "b"}), NOT_APPLE),
    ({**service(**mount()), "volumes": {"v": {"driver": "other"}}}, ["podman", "docker"]),
    ({**service(**mount()), "volumes": {"v": {"driver_opts": {"type": "tmpfs"}}}}, ["apple/container", "podman", "docker"]),
    (service(deploy={"placement": {"constraints": ["a==b"]}}), EVERY),
    (service(cpu_count=1), []),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "able"), CAN, ids=str)
def test_who_can(spec: dict[str, Any], able: list[str]) -> None:
    """Each is asked alone; the first of them is the choice."""
    asked = parts(spec)
    assert [name for name in EVERY if select_backend_for(asked, None, [name])] == [name for name in EVERY if name in able]
    assert select_backend_for(asked, None, EVERY) == next((name for name in EVERY if name in able), None)


STRICT: list[tuple[dict[str, Any], list[str]]] = [
    ({"image": "x", "extra_hosts": ["a:10.0.0.1"]}, NOT_APPLE),
    ({"image": "x", "platform": "linux/amd64"}, ["apple/container", "docker"]),
    ({"image": "x", "ulimits": {"nofile": 9}}, ["apple/container", "nerdctl", "docker"]),
    ({"image": "x", "healthcheck": {"test": "x"}}, ["docker"]),
    (service(), NOT_APPLE),
    (service(extra_hosts=["a:host-gateway"]), ["nerdctl", "docker"]),
    (service(build={"context": ".", "additional_contexts": {"a": "."}}), ["nerdctl"]),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "native"), STRICT, ids=str)
def test_what_the_library_does_itself_is_not_native(spec: dict[str, Any], native: list[str]) -> None:
    asked = parts(spec)
    assert [name for name in EVERY if select_backend_for(asked, "strict-native", [name])] == native
    assert set(native) < {name for name in EVERY if select_backend_for(asked, "accept-emulated", [name])}


def test_whatever_is_declared_is_seen() -> None:
    """But for logs and removals, the scheduler's members, what a build of the model says (a file's is looked at), and what an image says."""
    whole = {
        "services": {"a": {"build": {"context": "."}, "pull_policy": "daily", "networks": ["n"], "volumes": ["data:/v"]}},
        "networks": {"n": {}}, "volumes": {"data": {}},
    }  # fmt: skip
    container = {"image": "x", "networks": ["n"], "volumes": ["data:/v"], "tmpfs": ["/t"]}
    seen = {name for document in (whole, container) for part in parts(document) for name in part.members}
    declared = {name for engine in EVERY for name in of_engine(engine).exceptions}
    unseen = {name for name in declared - seen if not name.startswith(("LogOptions.", "DownOptions.", "ServiceSpec.deploy."))}
    assert unseen == {"BuildSpec.platforms", "ContainerSpec.healthcheck.of_the_image"}


def test_the_order_decides_and_unknown_names_are_passed_over() -> None:
    assert select_backend_for(parts({"image": "bb"}), None, ["nobody", "docker", "podman"]) == "docker"
    assert select_backend_for(parts({"image": "bb"}), None, ["nobody"]) is None
    assert select_backend_for(parts({"image": "bb"}), None, ["nobody"], {"nobody": Capabilities()}) == "nobody"
    assert select_backend_for(parts({"image": "bb", "gpus": "all"}), None, ["podman", "nerdctl", "docker"]) == "nerdctl"


def test_a_mode_that_does_not_exist() -> None:
    with pytest.raises(ValidationError, match="mode: expected strict-native"):
        select_backend_for([], "best", ORDER)


def test_shortfalls_tell_member_and_reason() -> None:
    used = parts({"image": "bb", "gpus": 1, "healthcheck": {"test": "x"}})
    assert shortfalls(used, PODMAN) == {"ContainerSpec.gpus": Capability(Support.UNSUPPORTED, "its API ignores device requests")}
    assert set(shortfalls(used, PODMAN, "strict")) == {"ContainerSpec.gpus", "ContainerSpec.healthcheck"}
