"""Which runtime a run gets: at least what is asked for, by the class of the program, and never less in silence. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.contract.sandbox_records import LEVELS, Level, Runtime, SandboxHost
from perry_ffi.errors import BackendNotAvailable, Unsupported

if TYPE_CHECKING:
    from perry_ffi.model.capability import IsolationWish

MEMBER, RUNTIME = "CapabilitySpec.isolation", "CapabilitySpec.runtime"


def choose(host: SandboxHost, wish: IsolationWish, runtime: str | None, backend: str) -> Runtime:
    """The runtime of a run. Raises BackendNotAvailable with a row for each runtime where none of them is enough."""
    least: Level = "container" if wish == "strongest" else wish
    usable = [row for row in host.runtimes if not row.missing and (host.chooses or row.name == host.default)]
    if runtime is not None:
        usable = [row for row in usable if row.name == runtime]
        if not usable:
            raise _unavailable(host, f"{RUNTIME}: {backend} has no runtime {runtime!r} for it", runtime, backend)
    enough = [row for row in usable if LEVELS.index(row.level) >= LEVELS.index(least)]
    if not enough:
        raise _unavailable(host, f"{MEMBER}: {backend} has no runtime that isolates as {least}", least, backend)
    if wish == "strongest":
        return max(enough, key=lambda row: (LEVELS.index(row.level), row.name == host.default))
    return min(enough, key=lambda row: (LEVELS.index(row.level), row.name != host.default))


def _unavailable(host: SandboxHost, message: str, wanted: str, backend: str) -> BackendNotAvailable:
    rows = [
        {
            "runtime": row.name,
            "class": row.level,
            "reason": row.missing or ("" if host.chooses or row.name == host.default else "the engine does not run it"),
        }
        for row in host.runtimes
    ]
    found = ", ".join(f"{row['runtime']} ({row['class']})" for row in rows) or "none"
    return BackendNotAvailable(
        f"{message}; there is: {found}", backend=backend, wanted=wanted, rows=rows, reason=message, remedy=host.remedy or None
    )


def refuse_lacking(host: SandboxHost, level: Level, *, root: bool, backend: str) -> None:
    """Raises Unsupported for the first member that the engine's machine cannot enforce."""
    for member, reason in host.lacks.items():
        if (member == "user" and not root) or (member in ("user", "seccomp") and level != "container"):
            continue
        path = f"CapabilitySpec.{member}"
        raise Unsupported(f"{path}: {backend} cannot honour it: {reason}", member=path, backend=backend, reason=reason)


__all__ = ["choose", "refuse_lacking"]
