"""Containers, from outputs as the engine writes them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from perry_ffi.backends.apple.responses.container import container, is_generated
from perry_ffi.backends.apple.responses.fields import one, rows
from perry_ffi.errors import BackendError
from perry_ffi.model.container_facts import PublishedPort
from tests.unit.backends.apple.responses.recorded import CREATED, EMPTY, LIST, NOTHING_LIKE_IT, RUNNING


def test_one_that_runs() -> None:
    found = container(one(RUNNING, "x"))
    assert (found.id, found.name, found.status, found.image) == ("web", "web", "running", "docker.io/library/nginx:1.27")
    assert (found.created, found.started_at, found.exit_code) == ("2026-08-01T10:00:00Z", "2026-08-01T10:00:05Z", None)
    assert found.labels == {"a": "1=2", "b": ""} and found.image_id == "sha256:" + "a" * 64
    assert found.ports == ["127.0.0.1:8080->80/tcp", "[::1]:8443->443/udp", "[::1]:8444->444/udp"]
    assert found.published[0] == PublishedPort("127.0.0.1", 8080, "tcp")
    place = found.networks["front"]
    assert (place.ip_address, place.gateway, place.mac_address) == ("192.168.65.3", "192.168.65.1", "f2:aa:bb:cc:dd:ee")
    assert place.ipv6_address == "fd00::3"
    assert [(mount.kind, mount.target, mount.name, mount.read_only, mount.anonymous) for mount in found.mounts] == [
        ("bind", "/conf", "", True, False), ("volume", "/data", "data", False, False),
        ("volume", "/any", "0b1f6a52-6f4a-4f3e-9a25-7a3b6f1b2c3d", False, True),
    ]  # fmt: skip
    assert found.raw is not None and found.raw["id"] == "web"


def test_one_that_was_never_started_and_one_that_has_ended() -> None:
    row = one(CREATED, "x")
    assert container(row).status == "created" and container(row).networks == {}
    assert container({**row, "status": {**row["status"], "startedDate": "2026-08-01T10:00:05Z"}}).status == "exited"


@pytest.mark.parametrize(("state", "status"), [("stopping", "running"), ("unknown", "dead"), ("running", "running")])
def test_states(state: str, status: str) -> None:
    row = one(RUNNING, "x")
    found = container({**row, "status": {**row["status"], "state": state}})
    assert (found.status, found.stopping) == (status, state == "stopping")


def test_a_list() -> None:
    assert [container(row).name for row in rows(LIST, "x")] == ["web", "db"] and rows(EMPTY, "x") == []


@pytest.mark.parametrize("output", NOTHING_LIKE_IT)
def test_what_is_no_list_of_objects_is_shown(output: bytes) -> None:
    with pytest.raises(BackendError, match="cannot be read"):
        rows(output, "list the containers")


def changed(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    row = copy.deepcopy(one(RUNNING, "x"))
    place: Any = row
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return row


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("status", "state"), "asleep"), (("status",), []), (("configuration",), None), (("configuration", "id"), 7),
        (("configuration", "labels"), {"a": 1}), (("configuration", "mounts"), [{"type": {"nfs": {}}, "destination": "/x"}]),
        (("configuration", "mounts"), [{"type": {}}]), (("configuration", "publishedPorts"), [{}]),
        (("configuration", "networks"), {}), (("status", "networks"), [{"network": "x"}]), (("configuration", "image"), {}),
    ],
)  # fmt: skip
def test_what_is_not_known_is_shown(path: tuple[str, ...], value: Any) -> None:
    with pytest.raises(BackendError, match="read a container: the answer of apple/container cannot be read") as caught:
        container(changed(path, value))
    assert caught.value.details["output"]


def test_names_that_it_makes_up() -> None:
    assert is_generated("0b1f6a52-6f4a-4f3e-9a25-7a3b6f1b2c3d")
    assert not is_generated("data") and not is_generated("0b1f6a52-6f4a-4f3e-9a25-7a3b6f1b2c3d-x")
