"""Builds, logs and execs: what is sent, and what is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from perry_ffi.backends.engine_api.requests.queries import (
    build_query,
    build_tags,
    buildkit_query,
    exec_payload,
    log_query,
)
from perry_ffi.errors import Unsupported, ValidationError
from perry_ffi.model.base import decode
from perry_ffi.model.container import ExecOptions, LogOptions
from perry_ffi.model.image import BuildSpec

SECRET = "hunter2-very-secret"


FLAVOURS = ("docker", "podman")


def build(**members: Any) -> BuildSpec:
    return decode(BuildSpec, json.dumps(members))


def test_a_build() -> None:
    spec = build(
        context="/c", dockerfile="D", args={"A": "b"}, target="t", labels={"l": "m"}, network="host", tags=["x:1",
            "x:2"],
        no_cache=True, pull=True, platform="linux/arm64", cache_from=["c"], extra_hosts=["h:1.1.1.1", "i:::1"],
        shm_size="1m", ulimits={"nofile": 5},
    )  # fmt: skip
    assert build_query(spec, "x:1", "docker") == {
        "rm": "1", "forcerm": "1", "t": "x:1", "target": "t", "networkmode": "host",
        "platform": "linux/arm64", "extrahosts": ("h:1.1.1.1", "i:::1"), "shmsize": "1048576", "nocache": "1", "pull": "1",
        "buildargs": '{"A":"b"}', "labels": '{"l":"m"}', "cachefrom": '["c"]',
        "ulimits": '[{"Name":"nofile","Soft":5,"Hard":5}]',
    }  # fmt: skip
    podman = build_query(spec, "x:1", "podman")
    assert podman["extrahosts"] == '["h:1.1.1.1","i:::1"]'
    assert podman["ulimits"] == '["nofile=5:5"]'
    assert podman["labels"] == '["l=m"]'
    assert build_tags(spec, "x:1") == ["x:2"]
    assert build_tags(spec, None) == ["x:2"]
    assert build_query(spec, None, "docker")["t"] == "x:1"
    assert build_tags(spec, "y") == ["x:1", "x:2"]


def test_a_bare_build() -> None:
    assert build_query(build(), None, "podman") == {"rm": "1", "forcerm": "1"}


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(
    "members",
    [
        {"cache_to": ["c"]}, {"platforms": ["linux/arm64"]}, {"entitlements": ["e"]}, {"privileged": True}, {"isolation": "process"},
    ],
)  # fmt: skip
def test_what_no_build_api_knows_is_refused(flavour: str, members: dict[str, Any]) -> None:
    with pytest.raises(Unsupported) as caught:
        build_query(build(**members), None, flavour)  # type: ignore[arg-type]
    assert caught.value.details["member"] == f"BuildSpec.{next(iter(members))}"


def test_podman_takes_no_ssh_agent() -> None:
    with pytest.raises(Unsupported, match=r"^BuildSpec\.ssh"):
        build_query(build(ssh=["default"]), None, "podman")


@pytest.mark.parametrize("network", ["none", "bridge", "default", "n1"])
def test_podman_is_not_asked_for_a_network_that_it_would_not_use(network: str) -> None:
    with pytest.raises(Unsupported, match=r"^BuildSpec\.network"):
        build_query(build(network=network), None, "podman")
    assert build_query(build(network=network), None, "docker")["networkmode"] == network


def test_two_dockerfiles_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"^BuildSpec\.dockerfile_inline"):
        build(dockerfile="D", dockerfile_inline="FROM scratch")


def test_the_query_of_a_build() -> None:
    spec = build(
        secrets=[{"id": "a", "content": SECRET}], cache_from=["c", "type=registry,ref=d"], network="host", args={"A": "b"}
    )
    query = buildkit_query(spec, "x:1", "s1", (1, 41))
    assert query == {
        "rm": "1", "forcerm": "1", "t": "x:1", "networkmode": "host", "buildargs": '{"A":"b"}', "cachefrom": '["c", "d"]',
        "version": "2", "remote": "client-session", "session": "s1", "buildid": "s1",
    }  # fmt: skip
    assert SECRET not in str(query) + repr(spec)


@pytest.mark.parametrize(
    ("members", "api", "refused"),
    [
        ({"network": "mine"}, (1, 45), True), ({"network": "none"}, (1, 41), False),
        ({"shm_size": "1m"}, (1, 41), True), ({"shm_size": "1m"}, (1, 42), False),
        ({"ulimits": {"nofile": 1}}, (1, 41), True), ({"cache_from": ["type=gha"]}, (1, 45), True),
        ({"platforms": ["linux/amd64", "linux/arm64"]}, (1, 45), True), ({"privileged": True}, (1, 45), True),
    ],
)  # fmt: skip
def test_what_buildkit_would_drop_is_refused_by_name(members: dict[str, Any], api: tuple[int, int], refused: bool) -> None:
    try:
        buildkit_query(build(**members), None, "s", api)
    except Unsupported as error:
        assert refused and error.details["member"] == f"BuildSpec.{next(iter(members))}"
    else:
        assert not refused


def test_logs() -> None:
    plain = {"stdout": "1", "stderr": "1", "follow": "0", "timestamps": "0", "tail": "all"}
    assert log_query(decode(LogOptions, "{}"), 0, follow=False) == plain
    assert log_query(decode(LogOptions, '{"tail":-1}'), 0, follow=False) == plain
    options = decode(LogOptions, '{"tail":0,"since":"10s","until":"1970-01-01T00:01:00Z","timestamps":true}')
    assert log_query(options, 15 * 10**9, follow=True) == {
        "stdout": "1", "stderr": "1", "follow": "1", "timestamps": "1", "tail": "0",
        "since": "5.000000000", "until": "60.000000000",
    }  # fmt: skip


def test_an_exec() -> None:
    body = exec_payload(["-c", ""], decode(ExecOptions, '{"env":{"A":"-b"},"workdir":"/w","user":"1","stdin":""}'))
    assert body == {
        "Cmd": ["-c", ""], "AttachStdin": True, "AttachStdout": True, "AttachStderr": True, "Tty": False,
        "Env": ["A=-b"], "WorkingDir": "/w", "User": "1",
    }  # fmt: skip
    assert exec_payload(["a"], ExecOptions())["AttachStdin"] is False
