"""What one node may say, by itself and with its policy. Pure: what an engine lacks is found out later."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perry_ffi.model.jsontext import join
from perry_ffi.stack import identity
from perry_ffi.workload.faults import fault, place
from perry_ffi.workload.policy import capability, memory

if TYPE_CHECKING:
    from perry_ffi.errors import ValidationError
    from perry_ffi.model.workload import Output, WorkloadNode
    from perry_ffi.workload.graph import Kind
    from perry_ffi.workload.policy import Enforcement

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")
_OUTPUT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}\Z")
_RESERVED = ("perry.", identity.THEIRS)
_KERNEL = ("/proc", "/sys", "/dev")
"""File systems that end with the container."""
_WEAKENING = {
    "apparmor": ("unconfined",),
    "label": ("disable",),
    "systempaths": ("unconfined",),
    "no-new-privileges": ("false", "f", "0"),
    "unmask": None,
}
"""Security options that take something away; None: whatever their value."""


def check_node(name: str, node: WorkloadNode, kind: Kind, asked: Enforcement) -> None:
    """Raises ValidationError for the first thing that cannot be meant."""
    for error in _faults(name, node, kind, asked):
        raise error


def _faults(name: str, node: WorkloadNode, kind: Kind, asked: Enforcement) -> Iterator[ValidationError]:
    path = place("nodes", name)
    yield from _names(path, name, node)
    yield from _of_kind(path, node, kind)
    yield from _labels(path, node)
    yield from _outputs(path, node, asked)
    yield from _resources(path, node)
    yield from _network(path, node, asked)
    yield from _user(path, node, asked)
    if asked.strict or node.policy.seccomp:
        yield from _seccomp(path, node, asked)
    if asked.tier != "default" and node.privileged:
        yield fault(f"{path}.privileged", "false", _of_tier(asked))
    if asked.strict:
        yield from _privileges(path, node, asked)


def _names(path: str, name: str, node: WorkloadNode) -> Iterator[ValidationError]:
    if not NAME.match(name):
        yield fault(path, "a name of a-z, 0-9, _ and -, a letter or digit first, at most 63 characters")
    for member, given in (("id", node.id), ("name", node.name)):
        if given is not None and given != name:
            yield fault(f"{path}.{member}", f"{name!r}, as the node is called")
    if node.image is None and not _is_wasm(node):
        yield fault(f"{path}.image", "a value, it is required")


def _is_wasm(node: WorkloadNode) -> bool:
    return node.runtime is not None and not isinstance(node.runtime, str) and node.runtime.type == "wasm"


def _of_kind(path: str, node: WorkloadNode, kind: Kind) -> Iterator[ValidationError]:
    if node.rm:
        yield fault(f"{path}.rm", "false", "what is left of a node tells how it ended; down removes it")
    if kind == "job":
        if node.restart and node.restart[0] != "no":
            yield fault(f"{path}.restart", "no", "a job ends; retry says how often it is tried again")
        if not node.keep:
            yield fault(f"{path}.keep", "true", "a job ends by itself")
        if node.ready.log is not None or node.ready.timeout is not None:
            yield fault(f"{path}.ready", "nothing", "a job is waited for until it ends; timeout is the bound of a try")
    else:
        if node.timeout is not None:
            yield fault(f"{path}.timeout", "nothing, of a service", 'it bounds one try of a job (kind: "job")')
        if node.outputs:
            yield fault(f"{path}.outputs", "nothing, of a service", 'what a job gives is read when it has ended (kind: "job")')


def _labels(path: str, node: WorkloadNode) -> Iterator[ValidationError]:
    for label in node.labels:
        if label.startswith(_RESERVED):
            yield fault(join(f"{path}.labels", label), "a label of your own", "those that begin so tell whose the container is")


def _outputs(path: str, node: WorkloadNode, asked: Enforcement) -> Iterator[ValidationError]:
    for name, output in node.outputs.items():
        where = join(f"{path}.outputs", name)
        if not _OUTPUT.match(name):
            yield fault(where, "a name of letters, digits, _ and -, at most 63 characters")
        elif output.source == "file":
            yield from _file(f"{where}.path", node, output, asked)


def _file(where: str, node: WorkloadNode, output: Output, asked: Enforcement) -> Iterator[ValidationError]:
    path = output.path or "/"
    if "." in path.split("/") or ".." in path.split("/") or path.endswith("/"):
        yield fault(where, "the path of a file, without . and ..")
        return
    clear = posixpath.normpath("/" + path.lstrip("/"))
    mounts = {posixpath.normpath(mount.target): mount.type for mount in node.volumes}
    mounts |= {posixpath.normpath(target): "tmpfs" for target in (*node.tmpfs, *memory(node, asked))}
    mounts = {**dict.fromkeys(_KERNEL, "tmpfs"), **mounts}
    over = max((target for target in mounts if clear == target or clear.startswith(f"{target}/")), key=len, default=None)
    if over is not None and mounts[over] == "tmpfs":
        yield fault(
            where, "a file that is still there when the job has ended", f"{over} is in memory; a volume can be mounted there"
        )
    elif over is None and asked.read_only_root:
        yield fault(where, "a file on a volume", "the root file system is read-only")


def _resources(path: str, node: WorkloadNode) -> Iterator[ValidationError]:
    for member, own, other, given in (
        ("cpu", node.cpus, "cpus", node.resources.cpu),
        ("memory", node.memory, "memory", node.resources.memory),
    ):
        if own is not None and given is not None and own != given:
            yield fault(f"{path}.resources.{member}", f"the same as {other}, or one of them")


def _network(path: str, node: WorkloadNode, asked: Enforcement) -> Iterator[ValidationError]:
    mode = node.network or ""
    if mode.startswith("container:"):
        yield fault(f"{path}.network", "a network of the graph, host or none", "containers of a graph come and go")
    if asked.no_network:
        reason = "noNetwork" if node.policy.no_network else f"the tier {asked.tier} has no network"
        if mode not in ("", "none"):
            yield fault(f"{path}.network", "none", reason)
        for member in ("networks", "ports", "expose", "aliases"):
            if getattr(node, member):
                yield fault(f"{path}.{member}", "nothing", reason)
    elif not asked.egress and (mode or node.networks):
        member = "networks" if node.networks else "network"
        yield fault(f"{path}.{member}", "nothing beside egress: false", "the graph's inner network is the only one then")
    if asked.strict and mode == "host":
        yield fault(f"{path}.network", "a network of the graph, or none", _of_tier(asked))
    if mode in ("none", "host") and node.aliases:
        yield fault(f"{path}.aliases", "nothing", f"there are no names on the network {mode}")
    if mode == "none" and node.ports:
        yield fault(f"{path}.ports", "nothing", "it has no network")


def _user(path: str, node: WorkloadNode, asked: Enforcement) -> Iterator[ValidationError]:
    if asked.user is not None and node.user is not None and asked.user != node.user:
        yield fault(f"{path}.policy.user", "the same as user, or one of them")


def _seccomp(path: str, node: WorkloadNode, asked: Enforcement) -> Iterator[ValidationError]:
    reason = "the policy has a profile of its own"
    if node.seccomp is not None:
        yield fault(f"{path}.seccomp", "nothing", reason)
    for index, option in enumerate(node.security_opt):
        if option.startswith(("seccomp=", "seccomp:")):
            yield fault(f"{path}.security_opt[{index}]", "no seccomp profile", reason)


def _privileges(path: str, node: WorkloadNode, asked: Enforcement) -> Iterator[ValidationError]:
    """What a spec may not ask for where the tier takes privileges away."""
    for index, name in enumerate(node.cap_add):
        if capability(name) not in (asked.caps or ()):
            allowed = ", ".join(asked.caps or ()) or "no capability"
            yield fault(f"{path}.cap_add[{index}]", allowed, _of_tier(asked))
    if node.devices:
        yield fault(f"{path}.devices", "nothing", _of_tier(asked))
    if node.gpus and asked.own_kernel:
        yield fault(f"{path}.gpus", "nothing", _of_tier(asked))
    for index, option in enumerate(node.security_opt):
        key, value = re.split("[=:]", option + "=", maxsplit=1)
        weak = _WEAKENING.get(key, ())
        if weak is None or value.rstrip("=").lower() in weak:
            yield fault(f"{path}.security_opt[{index}]", "no option that takes a protection away", _of_tier(asked))


def _of_tier(asked: Enforcement) -> str:
    return f"the tier {asked.tier} does not allow it"


__all__ = ["NAME", "check_node"]
