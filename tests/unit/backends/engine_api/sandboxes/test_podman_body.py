"""The body that podman is sent; each trap that was met is held here, and from inside in tests/live/test_sandbox.py."""

from __future__ import annotations

from perry_ffi.backends.engine_api.sandboxes.podman_body import FIRST_ID, podman_body
from tests.unit.backends.engine_api.sandboxes.support import spec

_MEMORY = ["rw", "noexec", "nosuid", "nodev", "size=67108864", "mode=0700", "U"]


def test_the_whole_body() -> None:
    mapped = [{"container_id": 0, "host_id": FIRST_ID, "size": 65536}]
    limits = {"nofile": 256, "nproc": 4096, "core": 0, "fsize": 64 << 20}
    assert podman_body(spec(), profile="/p.json", maps_users=True) == {
        "name": "perry-cap-x", "image": "r/i@sha256:d", "hostname": "sandbox", "user": "65534:65533", "work_dir": "/tmp",
        "entrypoint": ["prog"], "command": ["arg"], "env": {"HOME": "/tmp", "A": "b"}, "healthconfig": {"Test": ["NONE"]},
        "stdin": True, "terminal": False, "labels": {"perry.capability": "x"}, "read_only_filesystem": True, "privileged": False,
        "image_volume_mode": "ignore", "cap_drop": ["all"], "no_new_privileges": True, "ipcns": {"nsmode": "private"},
        "cgroupns": {"nsmode": "private"}, "pidns": {"nsmode": "private"}, "utsns": {"nsmode": "private"},
        "mounts": [
            {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": _MEMORY},
            {"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": _MEMORY},
            {"destination": "/there", "type": "bind", "source": "/here", "options": ["bind", "ro", "nosuid", "nodev", "rprivate"]},
        ],
        "volumes": [{"Name": "", "Dest": "/in", "Options": ["ro", "nosuid", "nodev", "nocopy"]}], "shm_size": 1 << 20,
        "resource_limits": {
            "pids": {"limit": 64}, "memory": {"limit": 128 << 20, "swap": 128 << 20}, "cpu": {"period": 100_000, "quota": 150_000},
        },
        "r_limits": [{"type": name, "soft": value, "hard": value} for name, value in limits.items()],
        "mask": ["/proc/interrupts", "/proc/kallsyms", "/sys/devices/virtual/powercap"], "oom_score_adj": 500, "timeout": 35,
        "stop_signal": 9, "restart_policy": "no", "httpproxy": False, "log_configuration": {"driver": "none"},
        "netns": {"nsmode": "none"}, "seccomp_profile_path": "/p.json", "userns": {"nsmode": "private"},
        "idmappings": {"UIDMap": mapped, "GIDMap": mapped},
    }  # fmt: skip


def test_a_network_that_is_granted() -> None:
    default = podman_body(spec(network=""), profile=None, maps_users=False)
    assert default["netns"] == {"nsmode": "bridge"} and "Networks" not in default
    assert podman_body(spec(network="mine"), profile=None, maps_users=False)["Networks"] == {"mine": {}}


def test_without_root_and_without_a_profile() -> None:
    body = podman_body(spec(), profile=None, maps_users=False)
    assert not {"userns", "idmappings", "seccomp_profile_path"} & set(body)


def test_under_a_kernel_of_its_own() -> None:
    body = podman_body(spec(level="gvisor"), profile=None, maps_users=True)
    assert body["resource_limits"]["pids"] == {"limit": 192}
    assert {"type": "nproc", "soft": 64, "hard": 64} in body["r_limits"]
    assert "nocopy" not in body["volumes"][0]["Options"], "its runtime reads no mount with an option that it does not know"
