"""Which values are told of what changed."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.model.container import ContainerInfo
from perry_ffi.model.container_facts import ContainerSettings, HealthCheckInfo, RestartPolicy
from perry_ffi.model.container_info import Mounted
from perry_ffi.stack import identity
from perry_ffi.stack.differences import UNKNOWN, differences, is_secret
from perry_ffi.stack.members import member_label


def container(label: str = "", **more: Any) -> ContainerInfo:
    found: dict[str, Any] = {"id": "c", "name": "c", "image": "app", "status": "running", "created": "", **more}
    return ContainerInfo(**{**found, "labels": {**found.get("labels", {}), identity.MEMBERS: label}})


@pytest.mark.parametrize(
    ("path", "value", "secret"),
    [
        ("environment.DB_PASSWORD", "x", True), ("environment.API_KEY", "x", True), ("environment.LOG", "x", False),
        ("labels.auth", "x", True), ("contents./c", "digest", True), ("configs", [], True),
        ("command", ["run", "--token=x"], True), ("command", ["run", "--password", "x"], True), ("command", ["run", "--fast"], False),
        ("logging.options", {"splunk-token": "x"}, True), ("environment.PASSTHROUGH", "x", False), ("privileged", True, False),
    ],
)  # fmt: skip
def test_what_may_be_secret(path: str, value: Any, secret: bool) -> None:
    assert is_secret(path, value) is secret


def test_what_the_engine_still_tells() -> None:
    before = {"image": "old", "user": "1", "ports": [1], "volumes": [1], "healthcheck.test": ["CMD", "a"], "healthcheck.interval": "1s",
              "restart": "no", "labels.tier": "one", "mem_limit": 1, "tty": False}  # fmt: skip
    now: dict[str, Any] = {
        "image": "new", "user": "2", "ports": [{"target": 80, "published": "8080", "host_ip": "127.0.0.1", "protocol": "tcp"}],
        "volumes": [{"type": "volume", "source": "data", "target": "/d", "read_only": True}], "healthcheck.test": ["CMD", "b"],
        "healthcheck.interval": "2s", "restart": "always", "labels.tier": "two", "mem_limit": 2, "tty": True,
    }  # fmt: skip
    info = container(
        member_label(before), ports=["0.0.0.0:80->80/tcp"], labels={"tier": "one"}, restart=RestartPolicy("on-failure", 3),
        mounts=[Mounted(kind="volume", name="data", target="/d")], health_check=HealthCheckInfo(test=["CMD", "a"], interval=1.0),
        settings=ContainerSettings(user="1"), image="old",
    )  # fmt: skip
    rows, unknown = differences(now, info)
    assert unknown is None and {row["path"]: (row["old"], row["new"]) for row in rows} == {
        "image": ("old", "new"), "user": ("1", "2"), "ports": ("0.0.0.0:80->80/tcp", "127.0.0.1:8080->80/tcp"),
        "volumes": ("data:/d", "data:/d:ro"), "healthcheck.test": ("CMD a", "CMD b"), "healthcheck.interval": ("1s", "2s"),
        "restart": ("on-failure:3", "always"), "labels.tier": ("one", "two"), "mem_limit": (None, "2"), "tty": ("false", "true"),
    }  # fmt: skip


def test_passwords_of_addresses_are_hidden() -> None:
    """Where nothing else differs, that is said."""
    info = container(
        member_label({"environment.URL": "http://u:a@h"}), settings=ContainerSettings(environment={"URL": "http://u:a@h"})
    )
    (row,), _ = differences({"environment.URL": "http://u:b@h"}, info)
    assert row == {"path": "environment.URL", "change": "changed", "old": None, "new": None, "hidden": True}


def test_without_a_label_what_is_told_is_compared() -> None:
    info = container(settings=ContainerSettings(environment={"A": "1", "SAME": "s"}, user="1"))
    rows, unknown = differences({"environment.A": "2", "environment.SAME": "s", "user": "1", "mem_limit": 1}, info)
    assert unknown == UNKNOWN and [(row["path"], row["old"], row["new"]) for row in rows] == [("environment.A", "1", "2")]


@pytest.mark.parametrize(
    ("member", "value", "is_told"),
    [
        ("ports", [{"target": 80, "published": "8080", "protocol": "tcp"}], False),
        ("ports", [{"target": 80, "published": "8081", "protocol": "tcp"}], True),
        ("ports", [{"target": 80, "protocol": "tcp"}], False),
        ("volumes", [{"type": "volume", "source": "data", "target": "/d"}], False),
        ("volumes", [{"type": "volume", "source": "other", "target": "/d"}], True),
        ("volumes", [{"type": "bind", "source": "/elsewhere", "target": "/f/", "read_only": True}], False),
        ("volumes", [{"type": "bind", "source": "/host/f", "target": "/f"}], True),
        ("volumes", [{"type": "volume", "target": "/unnamed"}], False),
        ("sysctls.a", "1", False),
        ("sysctls.a", "2", True),
    ],
)  # fmt: skip
def test_without_a_label_ports_and_mounts_are_compared_by_what_they_are(member: str, value: Any, is_told: bool) -> None:
    found = container(
        ports=["0.0.0.0:8080->80/tcp", "[::]:8080->80/tcp", "81/tcp"], settings=ContainerSettings(sysctls={"a": "1"}),
        mounts=[Mounted(kind="volume", target="/d", name="data"), Mounted(kind="bind", target="/f", source="/host/f", read_only=True)],
    )  # fmt: skip
    rows, unknown = differences({member: value}, found)
    assert [row["path"] for row in rows] == ([member] if is_told else []) and unknown == UNKNOWN
    assert member != "volumes" or not is_told or rows[0]["old"] == "data:/d, /host/f:/f:ro"
