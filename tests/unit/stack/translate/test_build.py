"""A service's build: what of the engine's build it becomes, and where in the project a bad one is."""

from __future__ import annotations

import re
from typing import Any

import pytest

from perry_ffi.errors import ContainerError, Unsupported, ValidationError
from perry_ffi.model.build_values import BuildAgent, BuildSecret
from perry_ffi.stack.translate.build import build_spec

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


@pytest.mark.parametrize("context", ["https://u:canary@h.io/x.git", "git@h.io:x", "github.com/x/y", "http://h.io/x.tar"])
def test_a_context_that_is_an_address_is_refused(context: str) -> None:
    with pytest.raises(Unsupported) as caught:
        build({"context": context})
    assert caught.value.details["member"] == "services.web.build.context" and "canary" not in str(caught.value.to_dict())
