"""What is declared is what happens, and the choice of a backend follows from it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from perry_ffi.backends.contract.capability import Capabilities, Capability, Support
from perry_ffi.backends.declared import of_engine
from perry_ffi.backends.engine_api.requests.container import container_payload
from perry_ffi.backends.rules.uses import used_members
from perry_ffi.backends.selection import select_backend_for, shortfalls
from perry_ffi.errors import Unsupported, ValidationError
from perry_ffi.model.base import decode
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.mounts import Mount

DOCKER, PODMAN = of_engine("docker"), of_engine("podman")
ORDER = ["podman", "nerdctl", "docker"]

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
}  # fmt: skip
# What the choice of a backend does not look at.
MORE_USES: dict[str, dict[str, Any]] = {
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
    assert unsupported <= {*USES, *MORE_USES}
    for member, members in {**USES, **MORE_USES}.items():
        document = {"image": "bb", **members}
        assert (member in used_members(document)) == (member in USES)
        spec = decode(ContainerSpec, json.dumps(document))
        if member == "ContainerSpec.volumes.selinux":  # Only a service can say it.
            spec = spec.model_copy(update={"volumes": [Mount("volume", "/b", selinux="Z")]})
        try:
            container_payload(spec, flavour, api=(1, 45))  # type: ignore[arg-type]
            refused = False
        except Unsupported:
            refused = True
        assert refused == (member in unsupported or IMPLIED.get(member) in unsupported), member


@pytest.mark.parametrize("declared", [DOCKER, PODMAN])
def test_every_exception_has_a_reason(declared: Capabilities) -> None:
    assert all(item.reason and item.support is not Support.NATIVE for item in declared.exceptions.values())


@pytest.mark.parametrize(
    ("spec", "mode", "chosen"),
    [
        ({"image": "bb"}, None, "podman"),
        ({"image": "bb", "gpus": "all"}, None, "docker"),
        ({"image": "bb", "gpus": None}, None, "podman"),
        ({"image": "bb", "healthcheck": {"test": "x"}}, None, "podman"),
        ({"image": "bb", "healthcheck": {"test": "x"}}, "accept-emulated", "podman"),
        ({"image": "bb", "healthcheck": {"test": "x"}}, "strict-native", "docker"),
        ({"image": "bb", "healthcheck": {"test": "x"}}, "strict", "docker"),
        ({"image": "bb", "healthcheck": {"test": "x", "start_interval": "1s"}}, "warn", None),
        ({"image": "bb", "healthcheck": {"test": "x", "start_interval": "1s"}}, "accept-partial", "docker"),
        ({"image": "bb", "isolation_level": "microvm"}, "lenient", None),
        ({"services": {"a": {"image": "x", "runtime": "r"}, "b": {"image": "y"}}}, None, "docker"),
        ({"services": {"a": {"image": "x", "privileged": True}}}, None, "podman"),
        ({"services": {"a": {"ports": ["8000-8010:80"]}}}, None, "docker"),
        ({"services": {"a": {"build": {"context": ".", "ssh": ["default"]}}}}, "lenient", "docker"),
        ({"services": {}, "networks": {"n": {"ipam": {"config": [{"aux_addresses": {"a": "b"}}]}}}}, None, "docker"),
        ({"services": {}, "networks": {"n": {"enable_ipv4": True}}}, "strict", "podman"),
        ({"services": {"a": None}}, None, "podman"),
    ],
)
def test_the_choice(spec: dict[str, Any], mode: str | None, chosen: str | None) -> None:
    assert select_backend_for(spec, mode, ORDER) == chosen


def test_the_order_decides_and_unknown_names_are_passed_over() -> None:
    assert select_backend_for({"image": "bb"}, None, ["nerdctl", "docker", "podman"]) == "docker"
    assert select_backend_for({"image": "bb"}, None, ["nerdctl"]) is None
    assert select_backend_for({"image": "bb"}, None, ["nerdctl"], {"nerdctl": Capabilities()}) == "nerdctl"


@pytest.mark.parametrize(
    ("spec", "mode"), [({}, "best"), ([], None), ({"services": []}, None), ({"services": {}, "networks": 3}, None)]
)
def test_bad_requests(spec: Any, mode: str | None) -> None:
    with pytest.raises(ValidationError):
        select_backend_for(spec, mode, ORDER)


def test_shortfalls_tell_member_and_reason() -> None:
    used = used_members({"image": "bb", "gpus": 1, "healthcheck": {"test": "x"}})
    assert shortfalls(used, PODMAN) == {"ContainerSpec.gpus": Capability(Support.UNSUPPORTED, "its API ignores device requests")}
    assert set(shortfalls(used, PODMAN, "strict")) == {"ContainerSpec.gpus", "ContainerSpec.healthcheck"}
