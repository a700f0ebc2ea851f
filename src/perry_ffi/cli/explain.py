"""An error as a person reads it: what, then the evidence, then what can be done. At most one screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import ContainerError

LINES = 20
"""How much of a log or an output is shown."""


def explain(error: ContainerError) -> str:
    """The message and, indented below it, what the details add."""
    return "\n".join([f"perry-compose: {error.message}", *(f"  {line}" for line in _evidence(error.details))])


def _evidence(details: dict[str, Any]) -> Iterator[str]:
    if (code := details.get("exitCode")) is not None:
        yield f"exit code: {code}"
    probe = details.get("probe") or {}
    if probe:
        title = f"its last failing probe (exit code {probe.get('exitCode')})"
        yield from _block(title, probe.get("output") or "it said nothing")
    yield from _block("its last log lines", details.get("logs"))
    if details.get("step"):  # The message of a build has its last words; what came before them explains.
        yield from _block("the last lines of the build", details.get("output"))
    for row in details.get("probes") or ():
        yield f"{row.get('name')}: {row.get('reason')}" + (f" ({row['remedy']})" if row.get("remedy") else "")
    yield from _block("could not be put back", details.get("leftOver"))
    if details.get("remedy"):
        yield f"remedy: {details['remedy']}"


def _block(title: str, text: Any) -> Iterator[str]:
    lines = [str(line) for line in text] if isinstance(text, list) else str(text or "").splitlines()
    if lines:
        yield f"{title}:"
        yield from (f"  | {line}" for line in lines[-LINES:])
