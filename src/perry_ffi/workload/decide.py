"""What becomes of the containers that are there: which one stays, and why another takes its place. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.workload.existing import Existing
    from perry_ffi.workload.graph import Node

UNCHANGED = "unchanged"
SUCCEEDED = "succeeded, unchanged"
STILL_RUNS = "it still runs, unchanged"
MISSING = "missing"


@dataclass(frozen=True)
class Decision:
    """row: the container that stays; ``None`` where one is made. cause: why, in words."""

    row: Existing | None
    cause: str


def decide(
    node: Node,
    rows: Sequence[Existing],
    *,
    digest: str,
    image_id: str | None,
    refs: Mapping[str, str] | None,
    fresh: Iterable[str],
    resume: bool,
) -> Decision:
    """rows: the node's, the latest first. digest: of the node as it shall be. image_id: ``None`` where the engine has not the image.
    refs: by node, digests of its late values; ``None`` where they are not known yet. fresh: of what it depends on, what runs anew.
    """
    if not rows:
        return Decision(None, MISSING)
    if node.kind == "job" and not resume:
        return Decision(None, "a job, it runs anew")
    same = [row for row in rows if row.digest == digest and row.image_id == image_id]
    if not same:
        return Decision(None, "its image changed" if rows[0].digest == digest else "its definition changed")
    known = [row for row in same if refs is None or row.refs == refs]
    if not known:
        return Decision(None, _of_inputs(same[0].refs, refs or {}))
    return _service(known) if node.kind == "service" else _job(known, sorted(fresh))


def _service(rows: Sequence[Existing]) -> Decision:
    best = next((row for row in rows if row.live), rows[0])
    if best.status == "dead":
        return Decision(None, "it is dead")
    return Decision(best, UNCHANGED if best.live else f"{best.status}, unchanged")


def _job(rows: Sequence[Existing], fresh: Sequence[str]) -> Decision:
    if fresh:
        return Decision(None, f"{fresh[0]} runs anew")
    done = next((row for row in rows if row.ended_well), None)
    if done is not None:
        return Decision(done, SUCCEEDED)
    running = next((row for row in rows if row.live and row.status != "paused"), None)
    if running is not None:
        return Decision(running, STILL_RUNS)
    row = rows[0]
    return Decision(None, "it was never started" if row.status == "created" else f"it failed (exit code {row.exit_code})")


def _of_inputs(was: Mapping[str, str], now: Mapping[str, str]) -> str:
    sources = sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
    return f"input of {', '.join(sources)} changed"
