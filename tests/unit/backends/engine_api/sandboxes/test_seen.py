"""What is read back."""

from __future__ import annotations

from typing import Any

from perry_ffi.backends.contract.sandbox_records import Runtime, SandboxHost
from perry_ffi.backends.engine_api.sandboxes.seen import docker_seen, podman_seen

HOST = SandboxHost((Runtime("runc", "container"), Runtime("runsc", "gvisor")), "runc", True, "amd64")


def docker(**more: Any) -> dict[str, Any]:
    return {"Image": "sha256:i", "HostConfig": {"Runtime": "runsc"}, "State": {"Status": "created"}, "Mounts": [], **more}


def test_docker_s_runtime_is_the_one_that_the_container_has() -> None:
    assert docker_seen(docker(), HOST, maps_users=False).level == "gvisor"
    other = docker_seen(docker(HostConfig={"Runtime": "unknown"}), HOST, maps_users=False)
    assert (other.runtime, other.level) == ("unknown", "container")


def test_docker_s_users() -> None:
    assert docker_seen(docker(), HOST, maps_users=True).userns and not docker_seen(docker(), HOST, maps_users=False).userns
    assert not docker_seen(docker(HostConfig={"UsernsMode": "host"}), HOST, maps_users=True).userns


def test_its_end() -> None:
    ended = docker_seen(docker(State={"Status": "exited", "ExitCode": 137, "OOMKilled": True}), HOST, maps_users=False)
    assert (ended.exit_code, ended.oom_killed) == (137, True)
    assert docker_seen(docker(), HOST, maps_users=False).exit_code is None


def test_what_of_the_host_s_disk_is_writable() -> None:
    mounts = [
        {"Type": "volume", "Destination": "/data", "RW": True}, {"Type": "bind", "Destination": "/ro", "RW": False},
        {"Type": "tmpfs", "Destination": "/tmp", "RW": True}, {"Type": "bind", "Destination": "/odd"},
    ]  # fmt: skip
    assert docker_seen(docker(Mounts=mounts), HOST, maps_users=False).writable == ("/data", "/odd")


def podman(code: int = 0, **more: Any) -> dict[str, Any]:
    return {"Image": "abc", "OCIRuntime": "/usr/sbin/runc", "State": {"Status": "exited", "ExitCode": code}, **more}


def test_podman_s_image_runtime_and_map() -> None:
    mapped = {"HostConfig": {"IDMappings": {"UidMap": ["0:1000:65536"]}}}
    found = podman_seen(podman(**mapped), HOST, rootless=False)
    assert (found.image_id, found.runtime, found.level, found.userns) == ("sha256:abc", "runc", "container", True)
    same = {"HostConfig": {"IDMappings": {"UidMap": ["0:0:65536"]}}}
    assert not podman_seen(podman(**same), HOST, rootless=False).userns, "a map that was dropped in silence"
    assert not podman_seen(podman(), HOST, rootless=False).userns


def test_podman_does_not_know_who_was_killed_for_memory() -> None:
    assert podman_seen(podman(137), HOST, rootless=False).oom_killed is None
    assert podman_seen(podman(1), HOST, rootless=False).oom_killed is False
    told = podman(137, State={"Status": "exited", "ExitCode": 137, "OOMKilled": True})
    assert podman_seen(told, HOST, rootless=False).oom_killed is True
