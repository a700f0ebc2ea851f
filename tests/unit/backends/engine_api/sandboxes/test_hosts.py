"""What an engine's machine can isolate and bound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.contract.sandbox_records import Runtime
from perry_ffi.backends.engine_api.sandboxes import hosts
from perry_ffi.backends.engine_api.sandboxes.hosts import docker_host, level_of, podman_host
from perry_ffi.errors import BackendError


@pytest.mark.parametrize(
    ("program", "level"),
    [
        ("runc", "container"), ("/usr/bin/crun", "container"), ("youki", "container"), ("/opt/runsc", "gvisor"), ("runsc", "gvisor"),
        ("/usr/bin/kata-runtime", "microvm"), ("krun", "microvm"), ("containerd-shim-kata-v2", "microvm"), ("sysbox-runc", "container"),
        ("/runsc/runc", "container"), ("my-runsc", "container"), ("runscx", "container"), ("", "container"),
    ],
)  # fmt: skip
def test_a_runtime_is_what_its_program_is(program: str, level: str) -> None:
    assert level_of(program) == level


INFO: dict[str, Any] = {
    "Runtimes": {
        "runc": {"path": "runc"}, "runsc": {"path": "/opt/lies/runc"}, "sandboxed": {"path": "/opt/runsc"},
        "io.containerd.kata.v2": {"runtimeType": "io.containerd.kata.v2"},
    },
    "DefaultRuntime": "runc", "SecurityOptions": ["name=seccomp,profile=default", "name=cgroupns"],
    "MemoryLimit": True, "PidsLimit": True, "CpuCfsQuota": True,
}  # fmt: skip


def test_docker_s_runtimes_by_their_programs_and_never_by_their_names() -> None:
    found = docker_host(INFO, "amd64", here=False)
    assert found.runtimes == (
        Runtime("runc", "container"), Runtime("runsc", "container"), Runtime("sandboxed", "gvisor"),
        Runtime("io.containerd.kata.v2", "microvm"),
    )  # fmt: skip
    assert found.chooses and found.default == "runc" and found.lacks == {} and found.architecture == "amd64"


def test_what_docker_s_machine_does_not_bound() -> None:
    for flag, member in (("MemoryLimit", "memory"), ("PidsLimit", "pids"), ("CpuCfsQuota", "cpus")):
        assert set(docker_host({**INFO, flag: False}, "amd64", here=False).lacks) == {member}
    assert set(docker_host({**INFO, "SecurityOptions": []}, "amd64", here=False).lacks) == {"seccomp"}


def test_programs_of_this_machine_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_PATH", str(tmp_path))
    for name in ("runc", "real"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "runsc").symlink_to("runc")
    gone = str(tmp_path / "gone")
    rows = {"a": {"path": "runc"}, "b": {"path": "runsc"}, "c": {"path": f"{gone}/runsc"}, "d": {"path": f"{gone}/runc"}}
    found = {row.name: row for row in docker_host({**INFO, "Runtimes": rows}, "amd64", here=True).runtimes}
    assert found["a"] == Runtime("a", "container")
    assert found["b"].level == "container", "a link that is called like a stronger one"
    assert found["c"].missing, "what cannot be looked at is believed to be no more than the least"
    assert found["d"] == Runtime("d", "container"), "an engine's socket may have been handed into another root"


def podman(**more: Any) -> dict[str, Any]:
    host = {
        "ociRuntime": {"name": "runc", "path": "/usr/sbin/runc"}, "arch": "amd64", "cgroupVersion": "v2",
        "cgroupControllers": ["memory", "pids", "cpu"], "security": {"rootless": False, "seccompEnabled": True},
    }  # fmt: skip
    return {"host": {**host, **more}}


def test_podman_has_one_runtime_and_says_what_helps() -> None:
    found, rootless = podman_host(podman(), here=False)
    assert (found.runtimes, found.default, found.chooses, rootless) == ((Runtime("runc", "container"),), "runc", False, False)
    assert "--runtime" in found.remedy and found.lacks == {}


def test_what_podman_s_machine_does_not_bound() -> None:
    assert set(podman_host(podman(cgroupControllers=["cpu"]), here=False)[0].lacks) == {"memory", "pids"}
    assert set(podman_host(podman(security={"seccompEnabled": False}), here=False)[0].lacks) == {"seccomp"}
    alone = {"rootless": True, "seccompEnabled": True}
    assert set(podman_host(podman(security=alone), here=False)[0].lacks) == {"user"}
    ignored = podman_host(podman(security=alone, cgroupVersion="v1"), here=False)[0].lacks
    assert set(ignored) == {"user", "memory", "pids", "cpus"}, "it takes them and bounds nothing"


def test_an_answer_that_cannot_be_read_is_the_engine_s_failure() -> None:
    with pytest.raises(BackendError):
        podman_host({}, here=False)
    with pytest.raises(BackendError):
        docker_host({"Runtimes": [1]}, "amd64", here=False)
