"""The body that docker is sent; each trap that was met is held here, and from inside in tests/live/test_sandbox.py."""

from __future__ import annotations

from perry_ffi.backends.engine_api.sandboxes.docker_body import docker_body
from perry_ffi.backends.engine_api.sandboxes.masks import MASKED, READ_ONLY
from tests.unit.backends.engine_api.sandboxes.support import spec

_MEMORY = "rw,noexec,nosuid,nodev,size=67108864,nr_inodes=4096,uid=65534,gid=65533,mode=0700"


def test_the_whole_body() -> None:
    limits = {"nofile": 256, "nproc": 4096, "core": 0, "fsize": 64 << 20, "cpu": 46}
    assert docker_body(spec()) == {
        "Image": "r/i@sha256:d", "Hostname": "sandbox", "User": "65534:65533", "WorkingDir": "/tmp", "Entrypoint": ["prog"],
        "Cmd": ["arg"], "Env": ["HOME=/tmp", "A=b"], "Healthcheck": {"Test": ["NONE"]}, "AttachStdin": True, "AttachStdout": True,
        "AttachStderr": True, "OpenStdin": True, "StdinOnce": True, "Tty": False, "StopSignal": "SIGKILL",
        "Labels": {"perry.capability": "x"}, "NetworkDisabled": True,
        "HostConfig": {
            "NetworkMode": "none", "ReadonlyRootfs": True, "Privileged": False, "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges:true", 'seccomp={"x":1}'], "Tmpfs": {"/tmp": _MEMORY, "/data": _MEMORY},
            "Memory": 128 << 20, "MemorySwap": 128 << 20, "NanoCpus": 1_500_000_000, "PidsLimit": 64, "ShmSize": 1 << 20,
            "OomScoreAdj": 500, "IpcMode": "private", "CgroupnsMode": "private", "LogConfig": {"Type": "none"},
            "RestartPolicy": {"Name": "no"}, "AutoRemove": False, "Init": False,
            "Ulimits": [{"Name": name, "Soft": value, "Hard": value} for name, value in limits.items()],
            "MaskedPaths": list(MASKED), "ReadonlyPaths": list(READ_ONLY), "Runtime": "runc",
            "Mounts": [
                {"Type": "volume", "Target": "/in", "VolumeOptions": {"NoCopy": True}},
                {"Type": "bind", "Source": "/here", "Target": "/there", "ReadOnly": True,
                 "BindOptions": {"Propagation": "rprivate", "NonRecursive": True}},
            ],
        },
    }  # fmt: skip


def test_a_network_that_is_granted() -> None:
    default = docker_body(spec(network=""))
    assert "NetworkDisabled" not in default and default["HostConfig"]["NetworkMode"] == "default"
    assert docker_body(spec(network="mine"))["HostConfig"]["NetworkMode"] == "mine"


def test_under_a_kernel_of_its_own_the_bounds_of_processes_change_places() -> None:
    host = docker_body(spec(level="gvisor", pids=64, seccomp=None))["HostConfig"]
    assert host["PidsLimit"] == 192 and {"Name": "nproc", "Soft": 64, "Hard": 64} in host["Ulimits"]
    assert docker_body(spec(level="gvisor", pids=1))["HostConfig"]["PidsLimit"] == 128
    assert host["SecurityOpt"] == ["no-new-privileges:true"]


def test_the_engine_s_default_runtime_is_not_named() -> None:
    assert "Runtime" not in docker_body(spec(runtime=None))["HostConfig"]
