"""A container as a row."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.cli.show import containers
from perry_ffi.model.container_facts import TaskPlace
from perry_ffi.model.container_info import ContainerInfo


def info(**members: Any) -> ContainerInfo:
    base = {"id": "c" * 64, "name": "shop-web-1", "image": "i", "status": "running", "created": "2026-01-01T00:00:00Z"}
    return ContainerInfo(**{**base, **members})


def row(**members: Any) -> dict[str, Any]:
    return containers.row(info(**members), "e", "shop", "web", 1, False)


def test_it_has_every_member_in_its_order() -> None:
    assert tuple(row()) == tuple(name for name in containers.MEMBERS if name != "Node")


def test_a_task_of_a_cluster_says_where_it_is_and_then_the_table_does() -> None:
    task = row(place=TaskPlace("t", "i", "n1", True))
    assert task["Node"] == "n1"
    assert containers.columns([row()]) == containers.COLUMNS
    assert [column.head for column in containers.columns([row(), task])][:2] == ["NAME", "NODE"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], ""),
        (["80/tcp"], "80/tcp"),
        (["80/tcp", "81/tcp", "83/tcp", "80/udp"], "80-81/tcp, 83/tcp, 80/udp"),
        (["0.0.0.0:80->80/tcp", "[::]:80->80/tcp"], "0.0.0.0:80->80/tcp, [::]:80->80/tcp"),
        (["0.0.0.0:80->80/tcp", "0.0.0.0:81->81/tcp"], "0.0.0.0:80-81->80-81/tcp"),
        (["0.0.0.0:8080->80/tcp", "81/tcp"], "81/tcp, 0.0.0.0:8080->80/tcp"),
    ],
)
def test_ports(lines: list[str], expected: str) -> None:
    assert containers.ports(lines) == expected


def test_a_person_is_told_of_each_port_once() -> None:
    shown = containers.shown(row(ports=["0.0.0.0:8080->80/tcp", "[::]:8081->80/tcp", "[::1]:82->82/tcp", "[::]:83->83/tcp"]))
    assert shown["Ports"] == "[::1]:82->82/tcp, [::]:83->83/tcp, 0.0.0.0:8080->80/tcp"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"words": "Up 5 seconds (healthy)", "health": "healthy"}, "Up 5 seconds (healthy)"),
        ({"words": "Up 5 seconds", "health": "healthy"}, "Up 5 seconds (healthy)"),
        ({"words": "Up 5 seconds", "health": "starting"}, "Up 5 seconds (health: starting)"),
        ({"status": "exited", "exit_code": 3}, "Exited (3)"),
        ({"status": "created"}, "Created"),
    ],
)
def test_status(members: dict[str, Any], expected: str) -> None:
    assert containers.status(info(**members)) == expected


def test_status_without_the_engines_words() -> None:
    assert containers.status(info(started_at="2020-01-01T00:00:00Z")).startswith("Up ")
    assert containers.status(info(status="paused", started_at="2020-01-01T00:00:00Z")).endswith(" (Paused)")
    assert containers.status(info(status="exited", finished_at="2020-01-01T00:00:00Z")).endswith(" ago")


def test_a_command_is_shortened_unless_all_is_wanted() -> None:
    assert row(command="sh -c 'echo \"starting\"; sleep 3'")["Command"] == '"sh -c \'echo \\"starti…"'
    whole = containers.row(info(command="a" * 30), "e", "shop", "web", 1, False, whole=True)
    assert whole["Command"] == f'"{"a" * 30}"' and whole["ID"] == "c" * 64


def test_a_network_of_the_host_is_told() -> None:
    assert row(network_mode="host")["Networks"] == "host" and row(network_mode="bridge")["Networks"] == ""
