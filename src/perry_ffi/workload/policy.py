"""What a node's policy demands, whatever the engine: the tier's floor and what its flags add. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.sandbox_records import Level

if TYPE_CHECKING:
    from perry_ffi.model.workload_values import Tier


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
