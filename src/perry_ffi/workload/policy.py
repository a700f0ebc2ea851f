"""What a node's policy demands, whatever the engine: the tier's floor and what its flags add. Pure.

The seccomp profile of the hardened tiers is the one of sandboxes. What it leaves out is mounts, namespaces, tracing, programs of
the kernel, kernel modules, clocks that are set and the machine's own keys and swap: no database, no server and no build tool of an
image asks for those, and none of the capabilities below would allow them. What needs a capability of the tier (chown, kill, setuid
and its like, ports below 1024) is in it. ``tests/live/test_workload_hardened.py`` has PostgreSQL live under it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.sandbox_records import LEVELS, Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from perry_ffi.model.workload import WorkloadNode
    from perry_ffi.model.workload_values import Tier

HARDENED_CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID")
"""What an entrypoint needs that makes its directories and becomes another user."""
MEMORY = "/tmp"
"""What lies in memory under a read-only root, unless something else is mounted there."""


@dataclass(frozen=True, slots=True)
class Enforcement:
    """isolation: the least level that is acceptable. own_kernel: the host's kernel must not be the node's, in either way.

    pids: at most so many processes; ``None``: no bound of the policy's. caps: ``None`` for the engine's, else all are dropped
    and these added.
    """

    tier: Tier = "default"
    no_network: bool = False
    read_only_root: bool = False
    seccomp: bool = False
    egress: bool = True
    isolation: Level = "container"
    own_kernel: bool = False
    no_new_privileges: bool = False
    pids: int | None = None
    caps: tuple[str, ...] | None = None
    user: str | None = None

    @property
    def least(self) -> Level:
        """The least level that is enough: a kernel of one's own is that of a user-space kernel or of a machine."""
        return stronger(self.isolation, "gvisor") if self.own_kernel else self.isolation

    @property
    def wanted(self) -> str:
        """The same in words."""
        return "own kernel" if self.own_kernel and self.isolation == "container" else self.isolation

    @property
    def strict(self) -> bool:
        """Whether privileges that a spec asks for would take away what the tier promises."""
        return self.caps is not None


_FLOORS: Mapping[Tier, Enforcement] = {
    "default": Enforcement(),
    "isolated": Enforcement(tier="isolated", no_network=True),
    "hardened": Enforcement(
        tier="hardened", read_only_root=True, seccomp=True, no_new_privileges=True, pids=512, caps=HARDENED_CAPABILITIES
    ),
    "untrusted": Enforcement(
        tier="untrusted", no_network=True, read_only_root=True, seccomp=True, own_kernel=True, no_new_privileges=True, pids=64,
        caps=(),
    ),
}  # fmt: skip


def enforcement(node: WorkloadNode) -> Enforcement:
    """The tier's floor, and what the flags of the policy, the node's ``isolation_level`` and its ``runtime`` add to it."""
    policy, floor = node.policy, _FLOORS[node.policy.tier]
    if not policy.model_fields_set and not node.isolation_level and (node.runtime is None or isinstance(node.runtime, str)):
        return floor
    machine = node.runtime is not None and not isinstance(node.runtime, str) and node.runtime.type == "microVm"
    asked: tuple[Level | None, ...] = (floor.isolation, policy.isolation, node.isolation_level, "microvm" if machine else None)
    return Enforcement(
        tier=floor.tier,
        no_network=floor.no_network or policy.no_network,
        read_only_root=floor.read_only_root or policy.read_only_root,
        seccomp=floor.seccomp or policy.seccomp,
        egress=policy.egress,
        isolation=stronger(*(level for level in asked if level)),
        own_kernel=floor.own_kernel,
        no_new_privileges=floor.no_new_privileges,
        pids=floor.pids,
        caps=floor.caps,
        user=policy.user,
    )


def stronger(*levels: Level) -> Level:
    """The strongest of some levels."""
    return max(levels, key=LEVELS.index)


def changes(node: WorkloadNode, asked: Enforcement, *, profile: str | None = None) -> dict[str, Any]:
    """The members of a node's ContainerSpec that its policy changes, with their values. It only ever takes away.

    profile: what ``seccomp`` becomes where the policy demands a profile (see the module); None where the runtime has a kernel of
    its own, which a profile of the host's says nothing to.
    """
    found: dict[str, Any] = {}
    if asked.no_network:
        found |= {"network": "none", "networks": []}
    if asked.read_only_root:
        found |= {"read_only": True, "tmpfs": {**memory(node, asked), **node.tmpfs}}
    if asked.seccomp and profile is not None:
        found["seccomp"] = profile
    if asked.no_new_privileges:
        found["no_new_privileges"] = True
    if asked.pids is not None:
        own = node.pids_limit
        found["pids_limit"] = asked.pids if own is None or own < 0 else min(own, asked.pids)
    if asked.caps is not None:
        found |= {"privileged": False, "cap_drop": ["ALL"], "cap_add": list(_left(node, asked.caps))}
    if asked.user is not None:
        found["user"] = asked.user
    return found


def _left(node: WorkloadNode, caps: tuple[str, ...]) -> Iterator[str]:
    """Of the tier's capabilities those that the node does not give up by itself."""
    dropped, added = ({capability(name) for name in names} for names in (node.cap_drop, node.cap_add))
    for name in caps:
        if name not in dropped and ("ALL" not in dropped or name in added or "ALL" in added):
            yield name


def memory(node: WorkloadNode, asked: Enforcement) -> dict[str, str]:
    """What lies in memory because of the policy, as ``tmpfs`` has it: /tmp, which a read-only root would not let anybody write."""
    taken = {mount.target.rstrip("/") for mount in node.volumes} | {path.rstrip("/") for path in node.tmpfs}
    return {MEMORY: "mode=1777"} if asked.read_only_root and MEMORY not in taken else {}


def capability(name: str) -> str:
    """The name of a capability as it is written here: ``NET_BIND_SERVICE`` for ``cap_net_bind_service``."""
    return name.upper().removeprefix("CAP_")


__all__ = ["HARDENED_CAPABILITIES", "MEMORY", "Enforcement", "capability", "changes", "enforcement", "memory", "stronger"]
