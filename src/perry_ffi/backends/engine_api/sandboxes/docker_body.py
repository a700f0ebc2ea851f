"""What docker is sent to make a sandbox (``POST /containers/create``).

Each member was looked for from inside a container on 20.10. What is otherwise than it looks:

- ``mode=`` of a tmpfs is what the image's directory below it has, so it is given to the user by ``uid=`` and ``gid=``;
- ``MaskedPaths`` takes the place of the engine's list and has to hold all of it;
- a volume of the image is writable, executable and unbounded in spite of a read-only root: a tmpfs lies over each;
- the log's driver keeps all output on the host's disk: there is none, and attaching reads all of it nevertheless;
- ``no-new-privileges`` alone is not in force on every version, ``no-new-privileges:true`` is;
- under gVisor ``PidsLimit`` counts the sandbox's own threads, and RLIMIT_NPROC its user's processes inside, and nobody else's.
"""

from __future__ import annotations

import math
from typing import Any

from perry_ffi.backends.contract.sandbox_records import SandboxSpec
from perry_ffi.backends.engine_api.sandboxes.masks import INODES, MASKED, PROCESSES_OF_A_USER, READ_ONLY, limits


def docker_body(spec: SandboxSpec) -> dict[str, Any]:
    """The body of the create call; the name is in its query."""
    body: dict[str, Any] = {
        "Image": spec.image,
        "Hostname": "sandbox",
        "User": "{}:{}".format(*spec.user),
        "WorkingDir": spec.workdir,
        "Entrypoint": list(spec.argv[:1]),
        "Cmd": list(spec.argv[1:]),
        "Env": [f"{name}={value}" for name, value in spec.env.items()],
        "Healthcheck": {"Test": ["NONE"]},
        "AttachStdin": spec.stdin,
        "AttachStdout": True,
        "AttachStderr": True,
        "OpenStdin": spec.stdin,
        "StdinOnce": spec.stdin,
        "Tty": False,
        "StopSignal": "SIGKILL",
        "Labels": dict(spec.labels),
        "HostConfig": _host(spec),
    }
    return body | {"NetworkDisabled": True} if spec.network is None else body


def _host(spec: SandboxSpec) -> dict[str, Any]:
    uid, gid = spec.user
    memory = f"rw,noexec,nosuid,nodev,size={spec.tmp},nr_inodes={INODES},uid={uid},gid={gid},mode=0700"
    host: dict[str, Any] = {
        "NetworkMode": "none" if spec.network is None else spec.network or "default",
        "ReadonlyRootfs": True,
        "Privileged": False,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges:true", *([f"seccomp={spec.seccomp}"] if spec.seccomp else [])],
        "Tmpfs": dict.fromkeys(spec.covers, memory),
        "Memory": spec.memory,
        "MemorySwap": spec.memory,
        "NanoCpus": round(spec.cpus * 10**9),
        "PidsLimit": _pids(spec),
        "ShmSize": spec.shm,
        "OomScoreAdj": 500,
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "LogConfig": {"Type": "none"},
        "RestartPolicy": {"Name": "no"},
        "AutoRemove": False,
        "Init": False,
        "Ulimits": _ulimits(spec),
        "MaskedPaths": list(MASKED),
        "ReadonlyPaths": list(READ_ONLY),
        "Mounts": _mounts(spec),
    }
    return host | {"Runtime": spec.runtime} if spec.runtime else host


def _pids(spec: SandboxSpec) -> int:
    return spec.pids if spec.level == "container" else max(128, 2 * spec.pids + 64)


def _ulimits(spec: SandboxSpec) -> list[dict[str, Any]]:
    rows = limits(
        files=spec.files,
        processes=PROCESSES_OF_A_USER if spec.level == "container" else spec.pids,
        file_size=spec.tmp,
        # What spins although nobody is there to end it any more ends by itself. The time is that of all threads of a process.
        seconds=math.ceil(spec.seconds * max(1.0, spec.cpus)) + 1,
    )
    return [{"Name": name, "Soft": value, "Hard": value} for name, value in rows]


def _mounts(spec: SandboxSpec) -> list[dict[str, Any]]:
    """Directories for input are anonymous volumes; a mount of the host does not bring along what is mounted below it."""
    volumes = [{"Type": "volume", "Target": place, "VolumeOptions": {"NoCopy": True}} for place in spec.inputs]
    binds = [
        {
            "Type": "bind", "Source": bind.source, "Target": bind.target, "ReadOnly": True,
            "BindOptions": {"Propagation": "rprivate", "NonRecursive": True},
        }
        for bind in spec.binds
    ]  # fmt: skip
    return [*volumes, *binds]


__all__ = ["docker_body"]
