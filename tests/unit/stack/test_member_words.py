"""Members of a service in words, new and old, which are the same words where nothing changed."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.engine_api.responses.container import parse_container
from perry_ffi.model.container_facts import RestartPolicy
from perry_ffi.stack.member_words import old_words, words

DOCKER: dict[str, Any] = {
    "Memory": 67108864, "MemorySwap": 134217728, "MemoryReservation": 33554432, "NanoCpus": 500000000, "CpuShares": 512,
    "CpusetCpus": "0-1", "PidsLimit": 50, "ShmSize": 33554432, "OomScoreAdj": 100, "Init": True, "ExtraHosts": ["b:1.2.3.5", "a:1.2.3.4"],
    "Dns": ["1.1.1.1"], "DnsSearch": ["x.y"], "Sysctls": {"net.core.somaxconn": "100"}, "SecurityOpt": ["no-new-privileges:true"],
    "Ulimits": [{"Name": "nofile", "Hard": 200, "Soft": 100}, {"Name": "nproc", "Hard": 50, "Soft": 50}], "GroupAdd": ["5"],
    "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}}, "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3},
    "NetworkMode": "p_default",
}  # fmt: skip
PODMAN: dict[str, Any] = {
    **DOCKER, "CpuQuota": 50000, "CpuPeriod": 100000, "NanoCpus": 0, "Sysctls": None, "LogConfig": {"Type": "json-file", "Config": None},
    "Ulimits": [{"Name": "RLIMIT_NOFILE", "Hard": 200, "Soft": 100}, {"Name": "RLIMIT_NPROC", "Hard": 50, "Soft": 50}],
}  # fmt: skip
PARTS: dict[str, Any] = {
    "mem_limit": "67108864", "memswap_limit": "134217728", "mem_reservation": "33554432", "cpus": 0.5, "cpu_shares": 512, "cpuset": "0-1",
    "pids_limit": 50, "shm_size": "33554432", "oom_score_adj": 100, "init": True, "extra_hosts": ["a=1.2.3.4", "b=1.2.3.5"],
    "dns": ["1.1.1.1"], "dns_search": ["x.y"], "security_opt": ["no-new-privileges:true"], "ulimits.nofile": {"soft": 100, "hard": 200},
    "ulimits.nproc": 50, "group_add": ["5"], "logging.driver": "json-file", "restart": "on-failure:3", "stop_grace_period": "1m30s",
    "command": ["sleep", "1 000"], "container_name": "p-w-1", "labels.tier": "one", "environment.LOG": "info",
    "networks.p_default": {}, "networks.p_back": {"aliases": ["other"]}, "healthcheck.interval": "2h0m1s", "healthcheck.retries": 3,
    "deploy.resources": {"limits": {"cpus": 0.5, "memory": "67108864", "pids": 50}, "reservations": {"memory": "33554432"}},
}  # fmt: skip
OF_DOCKER: dict[str, Any] = {"sysctls.net.core.somaxconn": "100", "logging.options": {"max-size": "1m"}}


def inspected(host: dict[str, Any]) -> Any:
    return parse_container({
        "Id": "275b0f7738ad" + "0" * 52, "Name": "/p-w-1", "Image": "sha256:1", "Created": "2026-11-26T11:51:16Z",
        "State": {"Status": "running"}, "HostConfig": host,
        "Config": {"Image": "app", "Cmd": ["sleep", "1 000"], "StopTimeout": 90, "Env": ["LOG=info"], "Hostname": "275b0f7738ad",
                   "Labels": {"tier": "one", "com.docker.compose.service": "w"},
                   "Healthcheck": {"Test": ["CMD", "x"], "Interval": 7201 * 10**9, "Retries": 3}},
        "NetworkSettings": {"Networks": {
            "p_default": {"Aliases": ["p-w-1", "w", "275b0f7738ad"]}, "p_back": {"Aliases": ["other", "p-w-1", "w"]}}},
    })  # fmt: skip


@pytest.mark.parametrize(("host", "parts"), [(DOCKER, {**PARTS, **OF_DOCKER}), (PODMAN, PARTS)], ids=["docker", "podman"])
def test_what_has_not_changed_is_told_in_the_same_words(host: dict[str, Any], parts: dict[str, Any]) -> None:
    info = inspected(host)
    new = {path: words(path, value) for path, value in parts.items()}
    assert {path: old_words(path, info) for path in parts} == new
    assert new["mem_limit"] == "64m" and new["ulimits.nofile"] == "100:200" and new["extra_hosts"] == "a:1.2.3.4, b:1.2.3.5"
    assert new["deploy.resources"] == "limits.cpus 0.5, limits.memory 64m, limits.pids 50, reservations.memory 32m"
    assert (new["networks.p_default"], new["networks.p_back"]) == ("joined", "aliases: other")


def test_what_engines_do_not_tell() -> None:
    info = inspected(PODMAN)
    for path in ("sysctls.net.core.somaxconn", "logging.options", "networks.gone", "devices", "annotations.a", "network_mode"):
        assert old_words(path, info) is None
    bare = info.model_copy(update={"settings": None, "health_check": None, "restart": RestartPolicy()})
    assert old_words("mem_limit", bare) is old_words("healthcheck.retries", bare) is None
    assert old_words("restart", bare) == "no"
    unbound = inspected({"PidsLimit": -1})
    assert [old_words(path, unbound) for path in ("mem_limit", "cpus", "pids_limit", "deploy.resources", "init")] == [None] * 5


def test_sizes() -> None:
    said = {"1024": "1k", "1000": "1000", str(3 << 30): "3g", "0": "0", "50%": "50%"}
    assert {value: words("mem_limit", value) for value in said} == said
