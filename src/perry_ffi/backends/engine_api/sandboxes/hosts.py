"""What an engine's machine can isolate and bound, from what the engine says of it (``GET /info``, ``GET /libpod/info``)."""

from __future__ import annotations

import os.path
import re
import shutil
from collections.abc import Mapping
from typing import Any

from perry_ffi.backends.contract.sandbox_records import LEVELS, Level, Runtime, SandboxHost
from perry_ffi.backends.engine_api.responses.fields import listing, mapping, reads

_CLASSES: tuple[tuple[Level, str], ...] = (("gvisor", r"runsc\b"), ("microvm", r"kata|krun\b|containerd-shim-kata"))
_SHIM = re.compile(r"io\.containerd\.([a-z0-9-]+)\.v\d+\Z")
_ENGINE_CANNOT = "the kernel or the control groups of the engine's machine do not bound it"
_ONE_RUNTIME = "start podman's service with it: podman --runtime NAME system service"


def level_of(program: str) -> Level:
    """What a runtime isolates by: from the name of its program, never from what an engine calls it. What is unknown is the least."""
    base = os.path.basename(program)
    return next((level for level, words in _CLASSES if re.match(words, base)), "container")


@reads("what it isolates with")
def docker_host(document: Mapping[str, Any], architecture: str, *, here: bool) -> SandboxHost:
    """here: whether the programs of its runtimes are files of this machine."""
    runtimes = [_docker_runtime(name, mapping(row), here) for name, row in mapping(document.get("Runtimes")).items()]
    security = [str(option) for option in listing(document.get("SecurityOptions"))]
    lacks = {
        member: _ENGINE_CANNOT
        for member, flag in (("memory", "MemoryLimit"), ("pids", "PidsLimit"), ("cpus", "CpuCfsQuota"))
        if document.get(flag) is False
    }
    if not any(option.startswith("name=seccomp") for option in security):
        lacks["seccomp"] = "its kernel or its runtime knows no seccomp profiles"
    return SandboxHost(tuple(runtimes), str(document.get("DefaultRuntime") or ""), True, architecture, _ADD, lacks)


_ADD = "add one to the runtimes of its daemon.json, and to the machine"


def _docker_runtime(name: str, row: Mapping[str, Any], here: bool) -> Runtime:
    """A shim that is named by its type lies where containerd looks for it, and is believed to be what it is called."""
    shim = _SHIM.match(str(row.get("runtimeType") or ""))
    program = str(row.get("path") or (shim[1] if shim else "") or name)
    return _runtime(name, program, here=here and not shim)


def _runtime(name: str, program: str, *, here: bool) -> Runtime:
    """Where its file can be looked at: a link that is called like a stronger one is what it leads to.

    Of one that cannot be seen, for it is gone or an engine's socket was handed into another root, the least is believed and no more.
    """
    called = level_of(program)
    if not here:
        return Runtime(name, called)
    found = shutil.which(program, path=_PATH)
    if found is None:
        return Runtime(name, called, "" if called == "container" else f"{program} is not there to be looked at")
    seen = (called, level_of(os.path.realpath(found)))
    return Runtime(name, min(seen, key=LEVELS.index))


_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@reads("what it isolates with")
def podman_host(document: Mapping[str, Any], *, here: bool) -> tuple[SandboxHost, bool]:
    """The host, and whether its users are those of a user who is not root."""
    host = mapping(document["host"])
    row, security = mapping(host["ociRuntime"]), mapping(host.get("security"))
    rootless = security.get("rootless") is True
    runtime = _runtime(str(row["name"]), str(row.get("path") or row["name"]), here=here)
    controllers = [str(item) for item in listing(host.get("cgroupControllers"))]
    lacks = {
        member: _ENGINE_CANNOT
        for member, controller in (("memory", "memory"), ("pids", "pids"), ("cpus", "cpu"))
        if controller not in controllers or (rootless and host.get("cgroupVersion") == "v1")
    }
    if security.get("seccompEnabled") is not True:
        lacks["seccomp"] = "its kernel or its runtime knows no seccomp profiles"
    if rootless:
        lacks["user"] = "uid 0 is the engine's own user there"
    architecture = str(host.get("arch") or "")
    return SandboxHost((runtime,), runtime.name, False, architecture, _ONE_RUNTIME, lacks), rootless


__all__ = ["docker_host", "level_of", "podman_host"]
