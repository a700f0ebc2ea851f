"""What a node may not say, each with its path."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.workloads import checked, refusal

JOB = {"kind": "job"}
HARD, WILD = {"policy": {"tier": "hardened"}}, {"policy": {"tier": "untrusted"}}
ALONE = {"policy": {"tier": "isolated"}}


def file(path: str, **more: Any) -> dict[str, Any]:
    return {"outputs": {"o": {"from": "file", "path": path}}, **more}


@pytest.mark.parametrize(
    ("node", "path"),
    [
        ({"id": "b"}, "id"),
        ({"name": "b"}, "name"),
        ({"image": None}, "image"),
        ({"rm": True}, "rm"),
        ({**JOB, "restart": "always"}, "restart"),
        ({**JOB, "restart": "on-failure:3"}, "restart"),
        ({**JOB, "keep": False}, "keep"),
        ({**JOB, "ready": {"log": "x"}}, "ready"),
        ({**JOB, "ready": {"timeout": 3}}, "ready"),
        ({"timeout": "1m"}, "timeout"),
        ({"kind": "service", "outputs": {"x": {}}}, "outputs"),
        ({"outputs": {"a.b": {}}}, 'outputs["a.b"]'),
        ({"outputs": {"": {}}}, 'outputs[""]'),
        ({"labels": {"perry.workload.name": "x"}}, 'labels["perry.workload.name"]'),
        ({"labels": ["com.docker.compose.project=x"]}, 'labels["com.docker.compose.project"]'),
        ({"resources": {"cpu": 1}, "cpus": 2}, "resources.cpu"),
        ({"resources": {"memory": "1g"}, "memory": "2g"}, "resources.memory"),
        ({"network": "container:x1"}, "network"),
        ({"network": "none", "ports": ["80"]}, "ports"),
        ({"user": "1", "policy": {"user": 2}}, "policy.user"),
        # no network
        ({**ALONE, "ports": ["80"]}, "ports"),
        ({**ALONE, "expose": ["80"]}, "expose"),
        ({**ALONE, "networks": ["default"]}, "networks"),
        ({**ALONE, "network": "host"}, "network"),
        ({"policy": {"noNetwork": True}, "aliases": ["x"]}, "aliases"),
        ({"policy": {"egress": False}, "network": "bridge"}, "network"),
        ({"policy": {"egress": False}, "networks": ["default"]}, "networks"),
        # privileges
        ({**ALONE, "privileged": True}, "privileged"),
        ({**HARD, "privileged": True}, "privileged"),
        ({**WILD, "privileged": True}, "privileged"),
        ({**HARD, "cap_add": ["CHOWN", "SYS_ADMIN"]}, "cap_add[1]"),
        ({**HARD, "cap_add": ["ALL"]}, "cap_add[0]"),
        ({**WILD, "cap_add": ["CHOWN"]}, "cap_add[0]"),
        ({**HARD, "devices": ["/dev/fuse"]}, "devices"),
        ({**WILD, "gpus": "all"}, "gpus"),
        ({**HARD, "network": "host"}, "network"),
        ({**HARD, "seccomp": "unconfined"}, "seccomp"),
        ({**WILD, "seccomp": "/profile.json"}, "seccomp"),
        ({"policy": {"seccomp": True}, "seccomp": "default"}, "seccomp"),
        ({**HARD, "security_opt": ["seccomp=unconfined"]}, "security_opt[0]"),
        ({**HARD, "security_opt": ["apparmor=x", "apparmor:unconfined"]}, "security_opt[1]"),
        ({**HARD, "security_opt": ["label=disable"]}, "security_opt[0]"),
        ({**HARD, "security_opt": ["systempaths=unconfined"]}, "security_opt[0]"),
        ({**HARD, "security_opt": ["no-new-privileges:false"]}, "security_opt[0]"),
        # outputs of files that are gone
        (file("/tmp/x", tmpfs=["/tmp"]), "outputs.o.path"),
        (file("/data/x/y", volumes=[{"type": "tmpfs", "target": "/data"}]), "outputs.o.path"),
        (file("/dev/shm/x"), "outputs.o.path"),
        (file("/proc/1/cmdline"), "outputs.o.path"),
        (file("/tmp/x", policy={"readOnlyRoot": True}), "outputs.o.path"),
        (file("/out/x", **HARD), "outputs.o.path"),
        (file("/a/../b"), "outputs.o.path"),
        (file("/a/"), "outputs.o.path"),
        (file("a"), "outputs.o.path"),
        ({"outputs": {"o": {"from": "file"}}}, "outputs.o.path"),
        ({"outputs": {"o": {"path": "/x"}}}, "outputs.o.path"),
    ],
)
def test_what_cannot_be_meant_is_refused(node: dict[str, Any], path: str) -> None:
    assert refusal({"a": node}).details["path"] == f"WorkloadGraph.nodes.a.{path}"


@pytest.mark.parametrize(
    "node",
    [
        {"id": "a", "name": "a"},
        {"image": None, "runtime": {"type": "wasm", "module": "x.wasm"}},
        {"restart": "always", "keep": False},
        {**JOB, "restart": "no", "timeout": "1m", "retry": {"limit": 2}},
        {"retry": {"limit": 2}, "ready": {"log": "up", "timeout": "5s"}},
        {"aliases": ["x"]},
        {"resources": {"cpu": "0.5", "memory": "1g"}, "cpus": 0.5, "memory": "1024m"},
        {**ALONE, "network": "none", "cap_add": ["NET_ADMIN"]},
        {
            **HARD,
            "cap_add": ["cap_chown"],
            "gpus": "all",
            "security_opt": ["no-new-privileges", "apparmor=strict"],
            "ports": ["80"],
        },
        {"privileged": True, "seccomp": "unconfined", "network": "host", "devices": ["/dev/fuse"]},
        {"user": "5", "policy": {"user": 5}},
        file("/tmp/x"),
        file("/tmp/keep/x", tmpfs=["/tmp"], volumes=["/tmp/keep"]),
        file("/out/x", volumes=["/out"], **HARD),
        file("/tmpx/x", tmpfs=["/tmp"]),
    ],
)
def test_what_can_be_meant_is_taken(node: dict[str, Any]) -> None:
    checked({"a": node})


@pytest.mark.parametrize("name", ["", "A", "-a", "_a", "a.b", "a b", "ä", "a" * 64, "a\n", "../a"])
def test_a_node_is_called_as_a_host_can_be(name: str) -> None:
    error = refusal({name: {}})
    assert error.details["path"].startswith("WorkloadGraph.nodes")
    assert "63" in error.details["expected"]
