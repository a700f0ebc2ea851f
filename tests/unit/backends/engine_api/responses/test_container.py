"""Containers, as an engine tells them."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.engine_api.responses.container import parse_container, parse_containers, parse_health
from perry_ffi.backends.engine_api.responses.image import parse_image
from perry_ffi.model.container_facts import HealthCheckInfo, Probe, PublishedPort, RestartPolicy


def test_a_list_of_containers(engine: dict[str, Any]) -> None:
    found = {item.name: item for item in parse_containers(engine["containers"])}
    assert {name: item.status for name, item in found.items()} == {
        "rec_web": "running", "rec_pub": "running", "rec_exit": "exited", "rec_new": "created",
        "rec_bad": "created", "rec_pause": "paused",
    }  # fmt: skip
    assert {name: item.exit_code for name, item in found.items() if item.exit_code is not None} == {"rec_exit": 3}
    web = found["rec_web"]
    assert web.image.startswith("bb") and web.image_id.startswith("sha256:")
    assert web.labels["team"] == "a"
    assert web.created == "2026-11-23T17:42:57Z" or web.created.startswith("2026-11-23T17:4")
    assert web.networks["rec_net"].ip_address.startswith("10.77.")
    assert web.health == (None if engine["is_podman"] else "healthy")
    assert web.raw is None


@pytest.mark.parametrize("names", [[], None])
def test_what_has_no_name_any_more_hides_no_other(engine: dict[str, Any], names: Any) -> None:
    """Docker may list a container as being removed until it is started anew."""
    rows = engine["containers"]
    ghost = {**rows[0], "Names": names, "State": "removing", "Status": "Removal In Progress"}
    assert [item.id for item in parse_containers([ghost, *rows])] == [row["Id"] for row in rows]


VOLUME = "0a" * 32


FOLDER = f"/var/lib/docker/volumes/{VOLUME}/_data"


def test_mounts(engine: dict[str, Any]) -> None:
    """Alike in list and inspection. A volume that docker keeps no name of has the one of its folder."""
    rows = [
        {"Type": "volume", "Name": "v1", "Source": "/x/volumes/v1/_data", "Destination": "/a", "RW": False},
        {"Type": "volume", "Source": FOLDER, "Destination": "/b", "RW": True},
        {"Type": "volume", "Source": "/x/volumes/v2/_data", "Destination": "/c"},
        {"Type": "bind", "Source": FOLDER, "Destination": "/d", "RW": True},
        {"Type": "tmpfs", "Source": "", "Destination": "/e", "RW": True},
    ]
    (listed,) = parse_containers([{**engine["containers"][0], "Mounts": rows}])
    assert parse_container(engine["inspect_web"] | {"Mounts": rows}).mounts == listed.mounts
    assert [(row.target, row.kind, row.name, row.read_only, row.nameless) for row in listed.mounts] == [
        ("/a", "volume", "v1", True, False), ("/b", "volume", VOLUME, False, True), ("/c", "volume", "", False, False),
        ("/d", "bind", "", False, False), ("/e", "tmpfs", "", False, False),
    ]  # fmt: skip
    assert "mounts" not in listed.model_dump(by_alias=True)
    (places,) = parse_containers([{**engine["containers"][0], "Mounts": ["/a"]}])
    assert places.mounts == []


@pytest.mark.parametrize("state", ["unknown", "bad"])
def test_what_podman_lost_track_of_is_dead(engine: dict[str, Any], state: str) -> None:
    assert [item.status for item in parse_containers([{**engine["containers"][0], "State": state}])] == ["dead"]


def test_published_ports_read_alike_in_list_and_inspection(engine: dict[str, Any]) -> None:
    listed = next(item for item in parse_containers(engine["containers"]) if item.name == "rec_pub")
    inspected = parse_container(engine["inspect_pub"])
    last = "2" if engine["is_podman"] else "1"
    assert f"127.0.0.1:1828{last}->80/tcp" in listed.ports
    assert f"0.0.0.0:1838{last}->80/tcp" in listed.ports
    assert set(listed.ports) <= set(inspected.ports)
    assert set(listed.published) == set(inspected.published)
    assert PublishedPort("127.0.0.1", int(f"1828{last}"), "tcp") in listed.published and len(listed.published) < len(
        inspected.ports
    )
    assert "90/tcp" in inspected.ports
    if not engine["is_podman"]:
        assert "[::]:18381->80/tcp" in listed.ports


def test_inspection(engine: dict[str, Any]) -> None:
    web = parse_container(engine["inspect_web"])
    assert (web.status, web.exit_code, web.restart_count, web.oom_killed) == ("running", None, 0, False)
    assert web.networks["rec_net"].aliases == ["web"]
    assert web.networks["rec_net"].gateway.endswith(".1")
    assert web.started_at and web.finished_at is None
    assert web.health == "healthy"
    assert web.raw == engine["inspect_web"]
    assert web.restart == RestartPolicy() and web.joined == {}
    assert web.health_check is not None and web.health_check.test
    assert web.probes and all(probe.passed and probe.end > 1.6e9 for probe in web.probes)


@pytest.mark.parametrize(
    ("check", "found"),
    [
        (None, None),
        ({}, None),
        ({"Test": None}, None),
        ({"Test": ["NONE"]}, None),
        ({"Test": ["CMD", "x"]}, HealthCheckInfo(test=["CMD", "x"])),
        (
            {"Test": ["CMD-SHELL", "x"], "Interval": 10**9, "Timeout": 2 * 10**9, "StartPeriod": 5 * 10**8, "Retries": 4},
            HealthCheckInfo(test=["CMD-SHELL", "x"], interval=1.0, timeout=2.0, start_period=0.5, retries=4),
        ),
    ],
)
def test_the_health_check_of_a_container(engine: dict[str, Any], check: Any, found: HealthCheckInfo | None) -> None:
    document = engine["inspect_web"]
    assert parse_container({**document, "Config": {**document["Config"], "Healthcheck": check}}).health_check == found


def test_the_probes_of_a_container(engine: dict[str, Any]) -> None:
    document = engine["inspect_web"]
    log = [
        {"End": "2024-01-01T01:00:00.25+01:00", "ExitCode": 0},
        {"End": "0001-01-01T00:00:00Z", "ExitCode": 1},
        {"ExitCode": 2},
    ]
    found = parse_container({**document, "State": {**document["State"], "Health": {"Status": "healthy", "Log": log}}})
    assert found.probes == [Probe(1704067200.25, True), Probe(0.0, False), Probe(0.0, False)]


def test_the_restart_policy_and_the_namespaces_of_a_container(engine: dict[str, Any]) -> None:
    document = engine["inspect_web"]
    host = {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}, "NetworkMode": "container:abc", "PidMode": "host"}
    found = parse_container({**document, "HostConfig": host})
    assert (found.restart, found.joined) == (RestartPolicy("on-failure", 3), {"network": "abc"})
    bare = parse_container({**document, "HostConfig": {"RestartPolicy": {"Name": "", "MaximumRetryCount": 0}, "IpcMode": None}})
    assert (bare.restart, bare.joined) == (RestartPolicy("no"), {})


def test_anonymous_volumes_of_a_container(engine: dict[str, Any]) -> None:
    rows = [{"Type": kind, "Name": name, "Destination": "/d"} for kind, name in (("volume", "a" * 64), ("volume", "A" * 64),
            ("volume", "a" * 63), ("bind", "a" * 64), ("volume", ""))]  # fmt: skip
    found = parse_container({**engine["inspect_web"], "Mounts": rows})
    assert [row.anonymous for row in found.mounts] == [True, False, False, False, False]


def test_what_is_not_told_to_programs(engine: dict[str, Any]) -> None:
    told = parse_container(engine["inspect_web"]).model_dump(by_alias=True)
    assert not {"mounts", "published", "restart", "health_check", "probes", "joined", "stopping"} & set(told)
    assert not {"has_health_check", "tagged_at"} & set(parse_image(engine["image"]).model_dump(by_alias=True))


def test_inspection_of_what_does_not_run(engine: dict[str, Any]) -> None:
    ended = parse_container(engine["inspect_exit"])
    assert (ended.status, ended.exit_code, ended.health) == ("exited", 3, None)
    assert ended.started_at and ended.finished_at
    fresh = parse_container(engine["inspect_new"])
    assert (fresh.status, fresh.exit_code, fresh.started_at, fresh.finished_at) == ("created", None, None, None)
    assert parse_container(engine["inspect_pause"]).status == "paused"
    failed = parse_container(engine["inspect_bad"])
    assert failed.status == "created" and failed.exit_code is None
    if not engine["is_podman"]:
        assert "/nope" in (failed.error or "")


def test_health(engine: dict[str, Any]) -> None:
    assert parse_health(engine["inspect_exit"]["State"].get("Health")) is None
    assert parse_health(engine["inspect_web"]["State"]["Health"]) == "healthy"
    if engine["is_podman"]:
        assert parse_health(engine["healthcheck"]) == "healthy"


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [("restarting", "Restarting (7) 1 second ago", 7), ("exited", "Exited (0) 1 second ago", 0), ("dead", "Dead",
        None), ("removing", "Removal In Progress", None)],
)  # fmt: skip
def test_states_in_a_list(engine: dict[str, Any], state: str, status: str, code: int | None) -> None:
    item = engine["containers"][0] | {"State": state, "Status": status}
    (found,) = parse_containers([item])
    assert found.status == ("dead" if state == "removing" else state)
    assert found.exit_code == code


def test_a_link_is_not_a_containers_name(engine: dict[str, Any]) -> None:
    (found,) = parse_containers([engine["containers"][0] | {"Names": ["/other/alias", "/own"]}])
    assert found.name == "own"
