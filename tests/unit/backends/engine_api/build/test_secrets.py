"""Secrets and agents of a build: read when it begins, and named where they cannot be had."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.engine_api.build.secrets import MAX_SECRET, agent_sockets, read_secrets
from perry_ffi.errors import NotFound, Unsupported, ValidationError
from perry_ffi.model.base import decode
from perry_ffi.model.build_values import BuildAgent, BuildSecret
from perry_ffi.model.image import BuildSpec

SECRET = "hunter2-very-secret"


def build(**members: Any) -> BuildSpec:
    return decode(BuildSpec, json.dumps(members))


def test_secrets_are_read_when_the_build_begins(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(SECRET)
    wanted = build(secrets=[f"id=a,src={tmp_path}/file", {"id": "b", "environment": "B"}, {"id": "c", "content": "3"}]).secrets
    assert read_secrets(wanted, {"B": "2"}) == {"a": SECRET.encode(), "b": b"2", "c": b"3"}
    assert "3" not in repr(BuildSecret("c", content=b"3"))


@pytest.mark.parametrize(
    ("secret", "error"),
    [
        (BuildSecret("a", file="/nowhere/at/all", where="services.x.build.secrets[0]"), NotFound),
        (BuildSecret("a", file="/etc", where="services.x.build.secrets[0]"), ValidationError),
        (BuildSecret("a", file="fifo", where="services.x.build.secrets[0]"), ValidationError),
        (BuildSecret("a", file="/dev/zero", where="services.x.build.secrets[0]"), ValidationError),
        (BuildSecret("a", environment="NONE", where="services.x.build.secrets[0]"), ValidationError),
        (BuildSecret("a", content=bytes(MAX_SECRET + 1), where="services.x.build.secrets[0]"), ValidationError),
    ],
)
def test_a_secret_that_cannot_be_had_is_named(secret: BuildSecret, error: type[Exception], tmp_path: Path) -> None:
    if secret.file == "fifo":
        os.mkfifo(tmp_path / "fifo")
        secret = replace(secret, file=str(tmp_path / "fifo"))
    with pytest.raises(error, match=r"^services\.x\.build\.secrets\[0\]: ") as caught:
        read_secrets([secret], {})
    assert caught.value.details["path"] == "services.x.build.secrets[0]"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "secrets", [["token"], ["id=a"], ["id=a,src=/x,env=Y"], ["id=a,src=/x,src=/y"], [{"id": "a,b", "file": "/x"}], [{"id": "a"}],
    ["id=a,type=env,src=x"], [{"id": "a", "content": 1}], [7], [{"id": "a", "file": "/x", "uid": 1}]],
)  # fmt: skip
def test_a_secret_that_cannot_be_meant(secrets: list[Any]) -> None:
    with pytest.raises(ValidationError, match=r"^BuildSpec\.secrets\[0\]"):
        build(secrets=secrets)


def test_one_secret_of_each_id() -> None:
    with pytest.raises(ValidationError, match=r"^BuildSpec\.secrets\[1\]"):
        read_secrets(build(secrets=[{"id": "a", "content": "1"}, {"id": "a", "content": "2"}]).secrets, {})


def test_agents(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        (tmp_path / "key").write_text(SECRET)
        wanted = build(ssh=["default", f"other={tmp_path}/agent"]).ssh
        assert agent_sockets(wanted, str(tmp_path / "agent")) == {i: str(tmp_path / "agent") for i in ("default", "other")}
    with pytest.raises(ValidationError, match=r"^BuildSpec\.ssh\[0\].*SSH_AUTH_SOCK"):
        agent_sockets([BuildAgent("default")], None)
    with pytest.raises(Unsupported, match="private key") as caught:
        agent_sockets([BuildAgent("default", str(tmp_path / "key"))], None)
    assert SECRET not in str(caught.value.to_dict())
    with pytest.raises(NotFound):
        agent_sockets([BuildAgent("default", str(tmp_path / "none"))], None)
    with pytest.raises(ValidationError, match=r"^BuildSpec\.ssh\[0\]"):
        build(ssh=["other"])
