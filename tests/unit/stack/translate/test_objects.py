"""Networks, volumes, builds, hooks and names of a project."""

from __future__ import annotations

import re
from typing import Any

import pytest

from perry_ffi.backends.capabilities import of_engine
from perry_ffi.errors import ContainerError, Unsupported, ValidationError
from perry_ffi.model.build_values import BuildAgent, BuildSecret
from perry_ffi.model.network import Ipam, NetworkSpec, Subnet
from perry_ffi.model.volume import VolumeSpec
from perry_ffi.stack.translate.build import build_spec, image_name
from perry_ffi.stack.translate.container import service_spec
from perry_ffi.stack.translate.hooks import Hook, Hooks, hooks
from perry_ffi.stack.translate.names import container_name, default_aliases
from perry_ffi.stack.translate.objects import network_spec, volume_spec

NETWORK = {
    "name": "demo_n", "driver": "bridge", "driver_opts": {"a": "1"}, "internal": True, "attachable": True,
    "enable_ipv6": True, "enable_ipv4": False, "labels": {"own": "x", "both": "own"},
    "ipam": {"driver": "default", "options": {"o": "1"}, "config": [
        {"subnet": "10.9.0.0/16", "ip_range": "10.9.1.0/24", "gateway": "10.9.0.1", "aux_addresses": {"h": "10.9.0.9"}}]},
}  # fmt: skip


def test_a_network() -> None:
    name, spec = network_spec({"name": "demo", "networks": {"n": NETWORK}}, "n", {"both": "ours"})
    assert name == "demo_n" and spec is not None
    assert spec == NetworkSpec(
        driver="bridge", driver_opts={"a": "1"}, internal=True, attachable=True, enable_ipv4=False, enable_ipv6=True,
        labels={"own": "x", "both": "ours"},
        ipam=Ipam("default", (Subnet("10.9.0.0/16", "10.9.1.0/24", "10.9.0.1", {"h": "10.9.0.9"}),), {"o": "1"}),
    )  # fmt: skip


def test_a_network_less_what_the_engine_lacks() -> None:
    project = {"name": "demo", "networks": {"n": NETWORK}}
    spec = network_spec(project, "n", capabilities=of_engine("podman", (1, 41)))[1]
    assert spec is not None and spec.ipam is not None
    assert (spec.attachable, spec.enable_ipv4, spec.ipam.options) == (False, None, {})
    assert spec.ipam.config == (Subnet("10.9.0.0/16", "10.9.1.0/24", "10.9.0.1"),)
    docker = network_spec(project, "n", capabilities=of_engine("docker", (1, 41)))[1]
    assert docker is not None and docker.ipam is not None
    assert (docker.attachable, docker.enable_ipv4, docker.ipam.options) == (True, None, {"o": "1"})


def test_the_default_network_of_a_canonical_document() -> None:
    assert network_spec({"name": "demo", "networks": {"default": {"name": "demo_default", "ipam": {}}}}, "default") == (
        "demo_default", NetworkSpec(),
    )  # fmt: skip


def test_external_objects_have_no_spec() -> None:
    project = {"name": "demo", "networks": {"nn": {"external": True}, "m": {"name": "real", "external": True}},
               "volumes": {"v": {"external": True, "name": "there"}}}  # fmt: skip
    assert network_spec(project, "nn") == ("nn", None)
    assert network_spec(project, "m") == ("real", None)
    assert volume_spec(project, "v") == ("there", None)


def test_a_volume() -> None:
    project = {
        "name": "demo",
        "volumes": {"v": {"driver": "local", "driver_opts": {"size": 1}, "labels": {"a": "b"}}, "w": None},
    }
    assert volume_spec(project, "v", {"l": "1"}) == (
        "demo_v", VolumeSpec(driver="local", driver_opts={"size": "1"}, labels={"a": "b", "l": "1"}),
    )  # fmt: skip
    assert volume_spec(project, "w") == ("demo_w", VolumeSpec())
    with pytest.raises(ValidationError, match=r"volumes\.gone"):
        volume_spec(project, "gone")


@pytest.mark.parametrize("name", ["../x", "-x", "a/b", "a\nb", "a\0b"])
def test_a_hostile_name_of_an_object_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=r"volumes\.v\.name"):
        volume_spec({"name": "demo", "volumes": {"v": {"name": name}}}, "v")


BUILD = {
    "context": "/c", "dockerfile": "D", "args": {"A": "1", "N": None}, "target": "t", "tags": ["x:1", "x:1"],
    "labels": {"l": "v"}, "network": "host", "shm_size": "67108864", "ulimits": {"nofile": 10}, "cache_from": ["a"],
    "cache_to": ["b"], "no_cache": True, "pull": True, "platforms": ["linux/amd64"], "isolation": "default",
    "secrets": ["s", {"source": "t", "target": "/x"}], "extra_hosts": ["a=1.2.3.4"], "provenance": "true",
}  # fmt: skip


def build(build: dict[str, Any], **service: Any) -> Any:
    secrets = {
        "s": {"file": "/file"}, "t": {"environment": "TOKEN"}, "c": {"content": "x"},
        "unset": {"environment": "NONE"}, "far": {"external": True}, "none": {},
    }  # fmt: skip
    project = {"name": "demo", "services": {"web": {"build": build, **service}}, "secrets": secrets}
    return build_spec(project, "web", {"p": "1"}, {"secrets.t": "hunter2"})


def test_a_build() -> None:
    spec, names = build(BUILD)
    assert names == ["demo-web", "x:1"]
    assert (spec.context, spec.dockerfile, spec.args, spec.target) == ("/c", "D", {"A": "1"}, "t")
    assert (spec.labels, spec.network, spec.no_cache, spec.pull) == ({"l": "v", "p": "1"}, "host", True, True)
    assert (spec.platform, spec.platforms, spec.isolation) == ("linux/amd64", [], None)
    assert (spec.shm_size, spec.cache_from, spec.cache_to, spec.extra_hosts) == (67108864, ["a"], [], ["a:1.2.3.4"])


def test_the_secrets_and_agents_of_a_build() -> None:
    spec, _ = build({
        "context": "/c", "secrets": ["s", {"source": "t", "target": "token"}, "c"], "ssh": ["default", "key=/run/agent"],
    })  # fmt: skip
    at = "services.web.build"
    assert spec.secrets == [
        BuildSecret("s", file="/file", where=f"{at}.secrets[0]"),
        BuildSecret("token", content=b"hunter2", where=f"{at}.secrets[1]"),
        BuildSecret("c", content=b"x", where=f"{at}.secrets[2]"),
    ]
    assert spec.ssh == [BuildAgent("default", where=f"{at}.ssh[0]"), BuildAgent("key", "/run/agent", f"{at}.ssh[1]")]
    assert "hunter2" not in repr(spec)


def test_the_contexts_of_a_build() -> None:
    contexts = {"dir": "/d", "image": "docker-image://alpine:3", "own": "service:web"}
    spec, _ = build({"context": "/c", "additional_contexts": contexts}, image="me/app")
    assert spec.additional_contexts == {
        "dir": "/d", "image": "docker-image://alpine:3", "own": "local-image://me/app",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"additional_contexts": {"x": "https://example.invalid/x.git"}}, "additional_contexts.x"),
        ({"secrets": ["s", "unset"]}, "secrets[1]"), ({"secrets": ["far"]}, "secrets[0]"), ({"secrets": ["none"]}, "secrets[0]"),
        ({"secrets": ["undeclared"]}, "secrets[0].source"), ({"secrets": [{"source": "s", "target": "a,b"}]}, "secrets[0].target"),
        ({"ssh": ["key"]}, "ssh[0]"),
    ],
)  # fmt: skip
def test_a_secret_that_a_build_cannot_have_is_named(members: dict[str, Any], path: str) -> None:
    with pytest.raises(ContainerError, match=rf"^services\.web\.build\.{re.escape(path)}: ") as caught:
        build({"context": "/c", **members})
    assert caught.value.details["path"] == f"services.web.build.{path}"


def test_a_build_is_named_like_its_service() -> None:
    spec, names = build(
        {"context": "/c", "dockerfile_inline": "FROM bb", "dockerfile": "Dockerfile"},
        image="me/app:2",
        platform="linux/arm64",
    )
    assert names == ["me/app:2"]
    assert (spec.dockerfile, spec.dockerfile_inline, spec.platform) == (None, "FROM bb", "linux/arm64")


@pytest.mark.parametrize(
    ("document", "service", "path"),
    [
        ({"context": "/c", "tags": ["Bad Tag"]}, {}, "services.web.build.tags[0]"),
        ({"context": "/c", "platforms": ["linux/amd64"]}, {"platform": "linux/arm64"}, "services.web.build.platforms"),
        ({"context": "/c", "args": {"A": "b\0"}}, {}, "services.web.build.args.A"),
        ({}, {"image": "bb"}, "services.web.build"),
        ({"context": "/c"}, {"image": "-x"}, "services.web.image"),
    ],
)
def test_a_bad_build_is_named(document: dict[str, Any], service: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as caught:
        build(document, **service)
    assert caught.value.details["path"] == path


def test_hooks() -> None:
    full = {
        "command": ["x", "-y"],
        "user": 0,
        "privileged": True,
        "working_dir": "/w",
        "environment": {"A": "b", "N": None},
    }
    service = {
        "post_start": [full],
        "pre_stop": [{"command": ["z"]}],
        "pre_start": [{"command": ["i"], "image": "bb", "per_replica": True}],
    }
    assert hooks({"services": {"web": service}}, "web") == Hooks(
        pre_start=(Hook(("i",), image="bb", per_replica=True),),
        post_start=(Hook(("x", "-y"), "0", True, "/w", {"A": "b"}),),
        pre_stop=(Hook(("z",)),),
    )
    assert "b-value" not in repr(Hook(("x",), env={"A": "b-value"}))


@pytest.mark.parametrize(
    "hook", [{}, {"command": []}, {"command": "a b"}, {"command": ["x"], "image": "bb"}, {"command": ["a\0"]},
             {"command": ["x"], "working_dir": "relative"}, {"command": ["x"], "working_dir": "-w"}]
)  # fmt: skip
def test_a_bad_hook_is_named(hook: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"services\.web\.post_start\[0\]"):
        hooks({"services": {"web": {"post_start": [hook]}}}, "web")


def test_names() -> None:
    project = {
        "name": "demo",
        "services": {"web": {"image": "bb"}, "db": {"build": {"context": "/c"}, "container_name": "data"}, "no": {}},
    }
    assert container_name(project, "web", 2) == "demo-web-2"
    assert container_name(project, "db", 1) == "data"
    assert image_name(project, "web") == "bb"
    assert image_name(project, "db") == "demo-db"
    assert default_aliases(project, "web", "demo-web-1") == ["demo-web-1", "web"]
    with pytest.raises(ValidationError, match=r"services\.no: expected an image or a build"):
        image_name(project, "no")


@pytest.mark.parametrize("context", ["https://u:canary@h.io/x.git", "git@h.io:x", "github.com/x/y", "http://h.io/x.tar"])
def test_a_context_that_is_an_address_is_refused(context: str) -> None:
    with pytest.raises(Unsupported) as caught:
        build({"context": context})
    assert caught.value.details["member"] == "services.web.build.context" and "canary" not in str(caught.value.to_dict())


@pytest.mark.parametrize("member", [
    {"restart": "canary"}, {"devices": ["canary"]}, {"extra_hosts": ["canary"]}, {"mem_limit": "canary"},
    {"volumes": [{"type": "volume", "target": "canary"}]}, {"ulimits": {"nofile": "canary"}}, {"ipc": "canary"},
    {"working_dir": "canary"}, {"stop_grace_period": "canary"}, {"ports": ["canary"]}, {"image": "canary:canary:canary"},
    {"network_mode": "container:-canary"}, {"tmpfs": ["canary"]}, {"platform": "canary"}, {"container_name": "-canary"},
])  # fmt: skip
def test_no_error_quotes_what_a_variable_may_have_been(member: dict[str, Any]) -> None:
    service = {"image": "bb", **member}
    project = {"name": "demo", "networks": {"default": None}, "services": {"web": service}}
    with pytest.raises(ContainerError) as caught:
        service_spec(project, "web", 1, image=service["image"], labels={})
    told = caught.value.to_dict()
    assert "canary" not in str(told) and told["path"].startswith(f"services.web.{next(iter(member))}")
