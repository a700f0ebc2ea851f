"""The strict seccomp profile, made of the groups of ``syscalls``: an allow-list in the form that docker and podman read.

One architecture each, and none of 32 bits: of those the numbers are others, and so would be what a filter looks at. What is not
filtered: ioctl(2), whose requests a filter compares in 64 bits of which the kernel takes 32, so that a refused one slips past
(TIOCSTI among them; a container without a terminal has nothing to push into).
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from perry_ffi.sandbox.syscalls import (
    AF_NETLINK,
    FAMILIES,
    GROUPS,
    NETLINK_ROUTE,
    NEW_NAMESPACES,
    PERSONALITIES,
    PROBED,
)

ARCHITECTURES: Mapping[str, str] = {
    "amd64": "SCMP_ARCH_X86_64",
    "x86_64": "SCMP_ARCH_X86_64",
    "arm64": "SCMP_ARCH_AARCH64",
    "aarch64": "SCMP_ARCH_AARCH64",
}
"""By what engines call a machine."""
_ALLOW, _REFUSE = "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"


@dataclass(frozen=True, slots=True)
class Profile:
    """A seccomp profile. name: what a result calls it. text: its JSON, compact."""

    name: str
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text, as hex digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@lru_cache(maxsize=len(ARCHITECTURES))
def strict(architecture: str) -> Profile | None:
    """The strict profile for the machine of an engine; None for a machine that there is none for."""
    known = ARCHITECTURES.get(architecture)
    return Profile("strict", json.dumps(document(known), separators=(",", ":"))) if known else None


def document(architecture: str) -> dict[str, Any]:
    """The profile, for an architecture as libseccomp calls it."""
    return {
        "defaultAction": _REFUSE,
        "defaultErrnoRet": errno.EPERM,
        "architectures": [architecture],
        "syscalls": [
            *(_rule(names, comment=purpose) for purpose, names in GROUPS.items()),
            *(_rule(names, _REFUSE, errnoRet=errno.ENOSYS, comment=purpose) for purpose, names in PROBED.items()),
            _rule(["clone"], args=[_masked(0, NEW_NAMESPACES)], comment="without a new namespace"),
            *(_rule(["socket"], args=[_equal(0, number)], comment=family) for family, number in FAMILIES.items()),
            _rule(["socket"], args=[_equal(0, AF_NETLINK), _equal(2, NETLINK_ROUTE)], comment="AF_NETLINK, NETLINK_ROUTE"),
            _rule(["socketpair"], args=[_equal(0, FAMILIES["AF_UNIX"])], comment="AF_UNIX"),
            *(_rule(["personality"], args=[_equal(0, value)], comment=f"{value:#x}") for value in PERSONALITIES),
        ],
    }  # fmt: skip


def _rule(names: Any, action: str = _ALLOW, **more: Any) -> dict[str, Any]:
    return {"names": list(names), "action": action, **more}


def _equal(index: int, value: int) -> dict[str, Any]:
    return {"index": index, "value": value, "valueTwo": 0, "op": "SCMP_CMP_EQ"}


def _masked(index: int, mask: int) -> dict[str, Any]:
    """None of the bits of ``mask``."""
    return {"index": index, "value": mask, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}


__all__ = ["ARCHITECTURES", "Profile", "document", "strict"]
