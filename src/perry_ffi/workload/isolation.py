"""Which runtime a node gets: at least what its policy demands, by the class of the program, and never less in silence. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.sandbox_records import LEVELS, Level, Runtime, SandboxHost
from perry_ffi.errors import BackendNotAvailable, Unsupported
from perry_ffi.sandbox.isolation import isolating, listed, reasons, strongest, usable

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
    host's kernel where no other is to be had. Raises BackendNotAvailable with a row for each runtime where none is enough, and
    Unsupported for a WebAssembly module.
    """
    if is_wasm(node):
        raise unsupported_wasm(node, backend)
    asked = node.spec.runtime if isinstance(node.spec.runtime, str) else None
    if host is None and node.enforcement.wanted == "container":
        return Isolation(asked)
    enough = isolating(usable(host, asked), node.enforcement.least) if host else []
    if host and enough:
        chosen = _best(node, enough, host)
        return Isolation(None if chosen.name == host.default else chosen.name, chosen.level)
    if asked is None and allow_shared and node.enforcement.own_kernel and node.enforcement.isolation == "container":
        return Isolation(shared=True)
    raise _unavailable(node, host, asked, backend)


def is_wasm(node: Node) -> bool:
    """Whether it is a module instead of an image."""
    return node.spec.runtime is not None and not isinstance(node.spec.runtime, str) and node.spec.runtime.type == "wasm"


def unsupported_wasm(node: Node, backend: str) -> Unsupported:
    """The error of a node that only a runtime of WebAssembly could run."""
    path, reason = f"nodes.{node.name}.runtime", "it runs no WebAssembly modules"
    return Unsupported(
        f"{path}: {backend} cannot honour it: {reason}", member=path, path=path, node=node.name, backend=backend, reason=reason,
        remedy="give it an image and runtime.auto()",
    )  # fmt: skip


def _best(node: Node, rows: list[Runtime], host: SandboxHost) -> Runtime:
    """The strongest for what has to have a kernel of its own; else the engine's, or the least that is enough."""
    if node.enforcement.own_kernel:
        return strongest(host, rows)
    return min(rows, key=lambda row: (row.name != host.default, LEVELS.index(row.level)))


def _unavailable(node: Node, host: SandboxHost | None, asked: str | None, backend: str) -> BackendNotAvailable:
    rows = [{**row, "remedy": host.remedy} for row in reasons(host)] if host else []
    least = asked or node.enforcement.wanted
    path = f"nodes.{node.name}." + ("runtime" if asked else "policy")
    reason = f"{backend} has no runtime " + (f"{asked!r} that is enough for it" if asked else f"that gives it {least}")
    return BackendNotAvailable(
        f"{path}: {reason}; there is: {listed(rows)}", node=node.name, tier=node.enforcement.tier, wanted=least, rows=rows,
        backend=backend, reason=reason, remedy=(host.remedy if host else "") or None,
    )  # fmt: skip


__all__ = ["Isolation", "choose", "demands", "is_wasm", "unsupported_wasm"]
