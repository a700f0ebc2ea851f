"""What podman is sent to make a sandbox, by its own API (``POST /libpod/containers/create``).

Its compatible one leaves writable, executable memories at /run and /var/tmp of a read-only root. Each member was looked for
from inside a container on 4.3. What is otherwise than it looks:

- a tmpfs takes neither ``uid`` nor ``gid`` nor ``nr_inodes``; ``U`` gives it to the container's user;
- volumes of the image are writable and unbounded: they are left out (``ignore``), and a tmpfs lies at each place;
- a seccomp profile is a path on its machine;
- ``userns`` without a map of its own may be dropped in silence, so the map is given, and read back;
- ``timeout`` ends the container whoever is dead;
- ``mask`` adds to its own list.
"""

from __future__ import annotations

import math
from typing import Any

from perry_ffi.backends.contract.sandbox_records import SandboxSpec
from perry_ffi.backends.engine_api.sandboxes.masks import OWN_MASKS, PROCESSES_OF_A_USER, limits

FIRST_ID, IDS = 0x7000_0000, 65536
"""The users of the host that those of a sandbox are: above what useradd and systemd give to anybody, below the sign's bit. The
same for all, so that an image's files are given to them once."""
AFTERWARDS = 5
"""Seconds that the engine's own deadline comes after this library's."""


def podman_body(spec: SandboxSpec, *, profile: str | None, maps_users: bool) -> dict[str, Any]:
    """The body of the create call. profile: where the seccomp profile lies. maps_users: whether its users become others'."""
    body: dict[str, Any] = {
        "name": spec.name,
        "image": spec.image,
        "hostname": "sandbox",
        "user": "{}:{}".format(*spec.user),
        "work_dir": spec.workdir,
        "entrypoint": list(spec.argv[:1]),
        "command": list(spec.argv[1:]),
        "env": dict(spec.env),
        "healthconfig": {"Test": ["NONE"]},
        "stdin": spec.stdin,
        "terminal": False,
        "labels": dict(spec.labels),
        "read_only_filesystem": True,
        "privileged": False,
        "image_volume_mode": "ignore",
        "cap_drop": ["all"],
        "no_new_privileges": True,
        "ipcns": {"nsmode": "private"},
        "cgroupns": {"nsmode": "private"},
        "pidns": {"nsmode": "private"},
        "utsns": {"nsmode": "private"},
        "mounts": [*_memories(spec), *_binds(spec)],
        "volumes": _inputs(spec),
        "shm_size": spec.shm,
        "resource_limits": {
            "pids": {"limit": _pids(spec)},
            "memory": {"limit": spec.memory, "swap": spec.memory},
            "cpu": {"period": 100_000, "quota": max(1000, round(spec.cpus * 100_000))},
        },
        "r_limits": _limits(spec),
        "mask": list(OWN_MASKS),
        "oom_score_adj": 500,
        "timeout": math.ceil(spec.seconds) + AFTERWARDS,
        "stop_signal": 9,
        "restart_policy": "no",
        "httpproxy": False,
        "log_configuration": {"driver": "none"},
        **_network(spec.network),
    }  # fmt: skip
    if profile is not None:
        body["seccomp_profile_path"] = profile
    if maps_users:
        mapped = [{"container_id": 0, "host_id": FIRST_ID, "size": IDS}]
        body |= {"userns": {"nsmode": "private"}, "idmappings": {"UIDMap": mapped, "GIDMap": mapped}}
    return body


def _network(network: str | None) -> dict[str, Any]:
    if network is None:
        return {"netns": {"nsmode": "none"}}
    return {"netns": {"nsmode": "bridge"}, **({"Networks": {network: {}}} if network else {})}


def _memories(spec: SandboxSpec) -> list[dict[str, Any]]:
    options = ["rw", "noexec", "nosuid", "nodev", f"size={spec.tmp}", "mode=0700", "U"]
    return [{"destination": place, "type": "tmpfs", "source": "tmpfs", "options": options} for place in spec.covers]


def _binds(spec: SandboxSpec) -> list[dict[str, Any]]:
    return [
        {
            "destination": bind.target, "type": "bind", "source": bind.source,
            "options": ["bind", "ro", "nosuid", "nodev", "rprivate"],
        }
        for bind in spec.binds
    ]  # fmt: skip


def _inputs(spec: SandboxSpec) -> list[dict[str, Any]]:
    """Podman's archive calls write into a volume that is mounted read-only, and inside nobody does."""
    # gVisor's runtime refuses to read a mount with an option that it does not know.
    options = ["ro", "nosuid", "nodev", *(["nocopy"] if spec.level == "container" else [])]
    return [{"Name": "", "Dest": place, "Options": options} for place in spec.inputs]


def _pids(spec: SandboxSpec) -> int:
    return spec.pids if spec.level == "container" else max(128, 2 * spec.pids + 64)


def _limits(spec: SandboxSpec) -> list[dict[str, Any]]:
    processes = PROCESSES_OF_A_USER if spec.level == "container" else spec.pids
    rows = limits(files=spec.files, processes=processes, file_size=spec.tmp, seconds=None)
    return [{"type": name, "soft": value, "hard": value} for name, value in rows]


__all__ = ["AFTERWARDS", "FIRST_ID", "IDS", "podman_body"]
