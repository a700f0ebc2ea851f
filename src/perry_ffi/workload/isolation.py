"""Which runtime a node gets: at least what its policy demands, by the class of the program, and never less in silence. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.sandbox_records import LEVELS, Level, Runtime, SandboxHost
from perry_ffi.errors import BackendNotAvailable

if TYPE_CHECKING:
    from perry_ffi.workload.graph import Node


@dataclass(frozen=True)
class Isolation:
    """runtime: its name, where the engine is to take another than its own; ``None``: the engine's. level: what has to come out.

    shared: the host's kernel is shared although the node's tier demands another, because that was allowed.
    """

    runtime: str | None = None
    level: Level = "container"
    shared: bool = False


def demands(node: Node) -> bool:
    """Whether it says something of what it runs in."""
    return node.enforcement.wanted != "container" or isinstance(node.spec.runtime, str)


def choose(node: Node, host: SandboxHost | None, backend: str, *, allow_shared: bool = False) -> Isolation:
    """host: what the engine can make; ``None`` where it tells nothing of that. allow_shared: whether ``untrusted`` may share the
    host's kernel where no other is to be had. Raises BackendNotAvailable with a row for each runtime where none is enough.
    """
    asked = node.spec.runtime if isinstance(node.spec.runtime, str) else None
    if host is None:
        if node.enforcement.wanted == "container":
            return Isolation(asked)
        if allow_shared and node.enforcement.isolation == "container":
            return Isolation(shared=True)
        raise _unavailable(node, None, asked, backend)
    usable = [row for row in host.runtimes if not row.missing and (host.chooses or row.name == host.default)]
    if asked is not None:
        usable = [row for row in usable if row.name == asked]
    enough = [row for row in usable if _is_enough(node, row)]
    if enough:
        chosen = _best(node, enough, host)
        return Isolation(None if chosen.name == host.default else chosen.name, chosen.level)
    if asked is None and allow_shared and node.enforcement.own_kernel and node.enforcement.isolation == "container":
        return Isolation(shared=True)
    raise _unavailable(node, host, asked, backend)


def _is_enough(node: Node, row: Runtime) -> bool:
    return LEVELS.index(row.level) >= LEVELS.index(node.enforcement.least)


def _best(node: Node, rows: list[Runtime], host: SandboxHost) -> Runtime:
    """The strongest for what has to have a kernel of its own; else the engine's, or the least that is enough."""
    if node.enforcement.own_kernel:
        return max(rows, key=lambda row: (LEVELS.index(row.level), row.name == host.default))
    return min(rows, key=lambda row: (row.name != host.default, LEVELS.index(row.level)))


def _unavailable(node: Node, host: SandboxHost | None, asked: str | None, backend: str) -> BackendNotAvailable:
    rows = _rows(host) if host else []
    least = asked or node.enforcement.wanted
    found = ", ".join(f"{row['runtime']} ({row['class']})" for row in rows) or "none"
    path = f"nodes.{node.name}." + ("runtime" if asked else "policy")
    reason = f"{backend} has no runtime " + (f"{asked!r} that is enough for it" if asked else f"that gives it {least}")
    return BackendNotAvailable(
        f"{path}: {reason}; there is: {found}", node=node.name, tier=node.enforcement.tier, wanted=least, rows=rows, backend=backend,
        reason=reason, remedy=(host.remedy if host else "") or None,
    )  # fmt: skip


def _rows(host: SandboxHost) -> list[dict[str, str]]:
    return [
        {
            "runtime": row.name,
            "class": row.level,
            "reason": row.missing or ("" if host.chooses or row.name == host.default else "the engine does not run it"),
            "remedy": host.remedy,
        }
        for row in host.runtimes
    ]
