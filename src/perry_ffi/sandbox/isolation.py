"""Which runtime a run gets: at least what is asked for, by the class of the program, and never less in silence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.sandbox_records import LEVELS, Level, Runtime, SandboxHost, is_enough
from perry_ffi.errors import BackendNotAvailable, Unsupported

if TYPE_CHECKING:
    from perry_ffi.model.capability import IsolationWish

MEMBER, RUNTIME = "CapabilitySpec.isolation", "CapabilitySpec.runtime"


def choose(host: SandboxHost, wish: IsolationWish, runtime: str | None, backend: str) -> Runtime:
    """The runtime of a run. Raises BackendNotAvailable with a row for each runtime where none of them is enough."""
    least: Level = "container" if wish == "strongest" else wish
    there = usable(host, runtime)
    if runtime is not None and not there:
        raise _unavailable(host, f"{RUNTIME}: {backend} has no runtime {runtime!r} for it", runtime, backend)
    enough = isolating(there, least)
    if not enough:
        raise _unavailable(host, f"{MEMBER}: {backend} has no runtime that isolates as {least}", least, backend)
    if wish == "strongest":
        return strongest(host, enough)
    return min(enough, key=lambda row: (LEVELS.index(row.level), row.name != host.default))


def usable(host: SandboxHost, runtime: str | None = None) -> list[Runtime]:
    """The runtimes that a container can have. runtime: the only one that is wanted."""
    there = [row for row in host.runtimes if not row.missing and (host.chooses or row.name == host.default)]
    return [row for row in there if runtime is None or row.name == runtime]


def isolating(rows: Iterable[Runtime], least: Level) -> list[Runtime]:
    """Those of ``rows`` that are enough."""
    return [row for row in rows if is_enough(row.level, least)]


def strongest(host: SandboxHost, rows: Iterable[Runtime]) -> Runtime:
    """The strongest of ``rows``; the engine's own, where that is one of several."""
    return max(rows, key=lambda row: (LEVELS.index(row.level), row.name == host.default))


def reasons(host: SandboxHost) -> list[dict[str, str]]:
    """A row for each runtime: its class, and why it cannot be used, if it cannot."""
    return [
        {
            "runtime": row.name,
            "class": row.level,
            "reason": row.missing or ("" if host.chooses or row.name == host.default else "the engine does not run it"),
        }
        for row in host.runtimes
    ]


def listed(rows: Iterable[Mapping[str, str]]) -> str:
    """The same in a sentence."""
    return ", ".join(f"{row['runtime']} ({row['class']})" for row in rows) or "none"


def _unavailable(host: SandboxHost, message: str, wanted: str, backend: str) -> BackendNotAvailable:
    rows = reasons(host)
    return BackendNotAvailable(
        f"{message}; there is: {listed(rows)}",
        backend=backend,
        wanted=wanted,
        rows=rows,
        reason=message,
        remedy=host.remedy or None,
    )


def refuse_lacking(host: SandboxHost, level: Level, *, root: bool, backend: str) -> None:
    """Raises Unsupported for the first member that the engine's machine cannot enforce."""
    for member, reason in host.lacks.items():
        if (member == "user" and not root) or (member in ("user", "seccomp") and level != "container"):
            continue
        path = f"CapabilitySpec.{member}"
        raise Unsupported(f"{path}: {backend} cannot honour it: {reason}", member=path, backend=backend, reason=reason)


__all__ = ["choose", "isolating", "listed", "reasons", "refuse_lacking", "strongest", "usable"]
